#include <array>
#include <string>
#include <utility>

#include <streamspace/http/rest.hpp>
#include <streamspace/http/rest_support.hpp>

namespace streamspace {

namespace {

constexpr int usual_lines = 100;
constexpr int most_lines = 200;

void demand_to_read(const principal& caller) {
  if (caller.role != "admin" && caller.role != "operator")
    throw error{ec::permission_denied, "looking at plugins' logs needs the role operator or admin"};
}

log_level level_named(const std::string& text, const std::string& where) {
  const auto level = parse_log_level(text);
  if (!level) throw error{ec::invalid_argument, where + " may be debug, info, warn, error or fatal"};
  return *level;
}

json shown(const log_page& page) {
  json lines = json::array();
  // By way of the text, which mends what is not UTF-8.
  for (const auto& line : page.lines) lines.push_back(json::parse(to_json_line(line)));
  return {{"lines", std::move(lines)}, {"total", page.total}};
}

std::string lower_case(std::string_view level) {
  std::string text{level};
  for (auto& c : text) c = static_cast<char>(c - 'A' + 'a');
  return text;
}

json shown(const std::string& plugin, log_level level) {
  return {{"name", plugin}, {"level", lower_case(to_string(level))}};
}

}  // namespace

endpoint_list plugin_log_routes(actor_gateway gateway, runtime_actor runtime, plugin_log_functions logs) {
  using rest::route;
  const auto read = [=](const request& rq, responder& to) {
    demand_to_read(rq.caller);
    constexpr std::array<std::string_view, 2> known{"limit", "level"};
    rest::demand_known_queries(rq, known);
    const auto limit = static_cast<std::size_t>(rest::int_query(rq, "limit", usual_lines, 1, most_lines));
    const auto least = level_named(rq.query("level").value_or("debug"), "query parameter 'level'");
    gateway.ask<loaded_plugin>(
        runtime,
        [recent = logs.recent, limit, least, id = std::string{rq.param("id")},
         answer = json_answer{std::move(to)}](const result<loaded_plugin>& p) {
          const auto page = recent(p ? p->name : id, limit, least);
          // One that was unloaded, or could not be loaded, still has what it said.
          p || page.total > 0 ? answer(response{shown(page)}) : answer(response::from_error(p.error()));
        },
        atom::find_v, std::string{rq.param("id")});
  };
  const auto show_level = [=](const request& rq, responder& to) {
    demand_to_read(rq.caller);
    gateway.ask<loaded_plugin>(
        runtime,
        [level = logs.level, answer = json_answer{std::move(to)}](const result<loaded_plugin>& p) {
          answer(p ? response{shown(p->name, level(p->name))} : response::from_error(p.error()));
        },
        atom::find_v, std::string{rq.param("id")});
  };
  const auto set_level = [=](const request& rq, responder& to) {
    const auto body = rq.json();
    const auto named = body.is_object() ? body.find("level") : body.end();
    if (named == body.end() || !named->is_string())
      throw error{ec::invalid_argument, "the body must be {\"level\": \"debug\"}"};
    const auto level = level_named(named->get<std::string>(), "\"level\"");
    gateway.ask<loaded_plugin>(
        runtime,
        [set = logs.set_level, level, answer = json_answer{std::move(to)}](const result<loaded_plugin>& p) {
          if (!p) return answer(response::from_error(p.error()));
          set(p->name, level);
          answer(response{shown(p->name, level)});
        },
        atom::find_v, std::string{rq.param("id")});
  };
  return {
      route("GET", "/api/plugins/:id/logs", access::signed_in, "The last lines of a plugin's log, the newest last",
            read),
      route("GET", "/api/plugins/:id/log-level", access::signed_in, "From which level on a plugin's log is kept",
            show_level),
      route("PUT", "/api/plugins/:id/log-level", access::admin, "Sets from which level on a plugin's log is kept",
            set_level),
  };
}

}  // namespace streamspace
