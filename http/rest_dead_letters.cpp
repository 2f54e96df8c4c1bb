#include <algorithm>
#include <array>
#include <charconv>

#include <streamspace/http/rest.hpp>
#include <streamspace/http/rest_support.hpp>
#include <streamspace/messages/dead_letter.hpp>
#include <streamspace/messages/json_members.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {

namespace {

constexpr std::size_t usual_page = 50;

void demand_to_read(const principal& caller) {
  if (caller.role != "admin" && caller.role != "operator")
    throw error{ec::permission_denied, "looking at dead letters needs the role operator or admin"};
}

std::uint64_t number_from(std::string_view text, const std::string& what, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || value < 1 || value > most)
    throw error{ec::invalid_argument, what + " must be a number from 1 to " + std::to_string(most)};
  return value;
}

std::uint64_t id_of(const request& rq) {
  return number_from(rq.param("id"), "the id of a dead letter", dead_letter_id_end - 1);
}

/// A filter from parameters of these kinds, each given or not. What is given must mean something: an empty plugin would
/// be all plugins. `where` is what the parameters are called ("query parameter", say).
dead_letter_filter filter_of(const std::string& where, const std::optional<std::string>& plugin,
                             const std::optional<std::string>& cause, const std::optional<std::string>& type) {
  dead_letter_filter filter;
  if (plugin && !is_plugin_name(*plugin))
    throw error{ec::invalid_argument, where + " 'plugin' must be a plugin's name: lower-case letters, digits and '-'"};
  filter.plugin = plugin.value_or("");
  if (cause && !(filter.cause = parse_dead_letter_cause(*cause)))
    throw error{ec::invalid_argument, where + " 'cause' may be " + dead_letter_cause_names()};
  if (type && !is_event_type(*type))
    throw error{ec::invalid_argument, where + " 'type' must be the type of an event, such as session.created"};
  filter.type = type.value_or("");
  return filter;
}

dead_letter_filter filter_of_query(const request& rq) {
  constexpr std::array<std::string_view, 5> known{"plugin", "cause", "type", "before", "limit"};
  rest::demand_known_queries(rq, known);
  auto filter = filter_of("query parameter", rq.query("plugin"), rq.query("cause"), rq.query("type"));
  if (const auto before = rq.query("before"))
    filter.before = number_from(*before, "query parameter 'before'", dead_letter_id_end - 1);
  const auto limit = rq.query("limit");
  filter.limit = limit ? number_from(*limit, "query parameter 'limit'", dead_letter_filter::longest) : usual_page;
  return filter;
}

/// A misspelt member must not make a redrive of some one of all.
dead_letter_filter filter_of_body(const request& rq) {
  const auto body = rq.body.empty() ? json::object() : rq.json();
  json_members::demand_object(body, "the body");
  constexpr std::array<std::string_view, 4> known{"plugin", "cause", "type", "limit"};
  for (const auto& [name, value] : body.items())
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw error{ec::invalid_argument,
                  "member '" + name.substr(0, 80) + "' is not known; plugin, cause, type and limit may be given"};
  std::optional<std::string> plugin, cause, type;
  int limit = dead_letter_filter::longest;
  json_members::read(body, "plugin", plugin);
  json_members::read(body, "cause", cause);
  json_members::read(body, "type", type);
  json_members::read(body, "limit", limit);
  auto filter = filter_of("member", plugin, cause, type);
  filter.limit = number_from(std::to_string(limit), "member 'limit'", dead_letter_filter::longest);
  return filter;
}

/// `next` is for the parameter `before` of the request for what follows; without it there is nothing more.
json listed(const dead_letter_page& page, std::size_t limit) {
  json list = json::array();
  for (const auto& letter : page.items) list.push_back(letter);
  json shown{{"deadLetters", std::move(list)}, {"total", page.total}};
  if (page.items.size() == limit) shown["next"] = page.items.back().id;
  return shown;
}

json sent_again(const dead_letter& letter) {
  return {{"message",
           "the event of dead letter " + std::to_string(letter.id) + " was sent to plugin " + letter.plugin + " again"},
          {"id", letter.id},
          {"plugin", letter.plugin},
          {"subscription", letter.subscription},
          {"eventId", letter.what->id()}};
}

}  // namespace

endpoint_list dead_letter_routes(actor_gateway gateway, dead_letter_actor letters) {
  using rest::route;
  return {
      route("GET", "/api/dead-letters", access::signed_in, "Lists events that did not get through, newest first",
            [=](const request& rq, responder& to) {
              demand_to_read(rq.caller);
              const auto filter = filter_of_query(rq);
              gateway.ask<dead_letter_page>(
                  letters,
                  [limit = filter.limit, answer = json_answer{std::move(to)}](const result<dead_letter_page>& page) {
                    answer(page ? response{listed(*page, limit)} : response::from_error(page.error()));
                  },
                  atom::list_v, filter);
            }),
      route("GET", "/api/dead-letters/:id", access::signed_in, "Shows a dead letter with its event",
            [=](const request& rq, responder& to) {
              demand_to_read(rq.caller);
              gateway.ask<dead_letter>(letters, json_answer{std::move(to)}, atom::find_v, id_of(rq));
            }),
      route("POST", "/api/dead-letters/:id/redrive", access::admin, "Sends a dead letter's event again",
            [=](const request& rq, responder& to) {
              gateway.ask<dead_letter>(
                  letters,
                  [answer = json_answer{std::move(to)}](const result<dead_letter>& sent) {
                    answer(sent ? response{sent_again(*sent)} : response::from_error(sent.error()));
                  },
                  atom::redrive_v, id_of(rq));
            }),
      route("POST", "/api/dead-letters/redrive", access::admin,
            "Sends the events of many dead letters again, from the oldest on",
            [=](const request& rq, responder& to) {
              gateway.ask<redrive_report>(letters, json_answer{std::move(to)}, atom::redrive_v, filter_of_body(rq));
            }),
      route("DELETE", "/api/dead-letters/:id", access::admin, "Discards a dead letter",
            [=](const request& rq, responder& to) {
              gateway.ask<std::uint64_t>(letters, json_answer{std::move(to), 204}, atom::remove_v, id_of(rq));
            }),
  };
}

}  // namespace streamspace
