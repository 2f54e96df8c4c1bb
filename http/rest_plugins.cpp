#include <streamspace/http/rest.hpp>
#include <streamspace/http/rest_support.hpp>
#include <streamspace/messages/config_secrets.hpp>

namespace streamspace {

namespace {

json listed(const std::vector<loaded_plugin>& plugins, const std::optional<bool>& enabled) {
  json list = json::array();
  for (const auto& p : plugins)
    if (!enabled || p.enabled() == *enabled) list.push_back(p);
  const auto total = list.size();
  return {{"plugins", std::move(list)}, {"total", total}};
}

std::optional<bool> enabled_query(const request& rq) {
  const auto text = rq.query("enabled");
  if (!text) return std::nullopt;
  if (*text != "true" && *text != "false")
    throw error{ec::invalid_argument, "query parameter 'enabled' may be true or false"};
  return *text == "true";
}

/// "plugin audit is enabled": what a change came to.
response message_of(const result<loaded_plugin>& changed) {
  if (!changed) return response::from_error(changed.error());
  return response{json{{"message", "plugin " + changed->name + " is " + std::string{to_string(changed->state)}},
                       {"name", changed->name},
                       {"state", to_string(changed->state)}}};
}

double milliseconds(std::chrono::nanoseconds t) {
  return std::chrono::duration<double, std::milli>(t).count();
}

json health_of(const loaded_plugin& p) {
  json health{{"name", p.name},
              {"state", to_string(p.state)},
              {"healthy", p.enabled() && p.quarantined.empty()},
              {"restarts", p.counters.restarts},
              {"queued", p.counters.queued},
              {"queuedBytes", p.turns.queued_bytes},
              {"oldestWaitingMs", milliseconds(p.turns.oldest_waiting)},
              {"executor", p.turns.executor},
              {"turnMs",
               {{"p50", milliseconds(p.turns.turn_p50)},
                {"p99", milliseconds(p.turns.turn_p99)},
                {"longest", milliseconds(p.turns.longest_turn)}}},
              {"waitMs", {{"p50", milliseconds(p.turns.wait_p50)}, {"p99", milliseconds(p.turns.wait_p99)}}},
              {"handlerMs", {{"p50", milliseconds(p.turns.handler_p50)}, {"p99", milliseconds(p.turns.handler_p99)}}},
              {"quarantined", p.quarantined}};
  if (!p.last_error.empty()) health["lastError"] = p.last_error;
  return health;
}

}  // namespace

endpoint_list plugin_routes(actor_gateway gateway, runtime_actor runtime,
                            std::function<json(const principal&)> ui_components) {
  using rest::route;
  const auto name_of = [](const request& rq) { return std::string{rq.param("id")}; };
  const auto list = [=](const request& rq, responder& to) {
    gateway.ask<std::vector<loaded_plugin>>(
        runtime,
        [enabled = enabled_query(rq),
         answer = json_answer{std::move(to)}](const result<std::vector<loaded_plugin>>& all) {
          if (!all) return answer(response::from_error(all.error()));
          answer(response{listed(*all, enabled)});
        },
        atom::list_v);
  };
  const auto show = [=](auto present) {
    return [=](const request& rq, responder& to) {
      gateway.ask<loaded_plugin>(
          runtime,
          [present, answer = json_answer{std::move(to)}](const result<loaded_plugin>& p) {
            answer(p ? response{present(*p)} : response::from_error(p.error()));
          },
          atom::find_v, name_of(rq));
    };
  };
  const auto change = [=](auto operation) {
    return [=](const request& rq, responder& to) {
      gateway.ask<loaded_plugin>(
          runtime, [answer = json_answer{std::move(to)}](const result<loaded_plugin>& p) { answer(message_of(p)); },
          operation, name_of(rq));
    };
  };
  const auto shown_config = [](const loaded_plugin& p) { return masked_secrets(p.config, p.manifest.config_schema); };
  return {
      route("GET", "/api/plugins", access::signed_in, "Lists plugins", list),
      route("GET", "/api/plugins/loaded", access::signed_in, "Lists loaded plugins", list),
      route("GET", "/api/plugins/available", access::signed_in, "Names the plugins that could be loaded",
            [=](const request&, responder& to) {
              gateway.ask<std::vector<std::string>>(
                  runtime,
                  [answer = json_answer{std::move(to)}](const result<std::vector<std::string>>& names) {
                    if (!names) return answer(response::from_error(names.error()));
                    answer(response{json{{"plugins", *names}, {"total", names->size()}}});
                  },
                  atom::available_v);
            }),
      route("GET", "/api/plugins/ui/components", access::signed_in, "The user interface's parts that plugins bring",
            [=](const request& rq, responder& to) { to(response{ui_components(rq.caller)}); }),
      route("GET", "/api/plugins/:id", access::signed_in, "Shows a plugin",
            show([](const loaded_plugin& p) { return json(p); })),
      route("GET", "/api/plugins/:id/health", access::signed_in, "Tells how a plugin is", show(health_of)),
      route("GET", "/api/plugins/:id/config", access::admin, "Shows a plugin's configuration without its secrets",
            show(shown_config)),
      route("PUT", "/api/plugins/:id/config", access::admin, "Sets a plugin's configuration and reloads it",
            [=](const request& rq, responder& to) {
              const auto config = rq.json();
              if (!config.is_object())
                throw error{ec::invalid_argument, "the body must be the configuration, a JSON object"};
              gateway.ask<loaded_plugin>(
                  runtime,
                  [shown_config, answer = json_answer{std::move(to)}](const result<loaded_plugin>& p) {
                    answer(p ? response{shown_config(*p)} : response::from_error(p.error()));
                  },
                  atom::change_v, name_of(rq), config.dump());
            }),
      route("POST", "/api/plugins/:id/release", access::admin,
            "Brings a plugin's subscriptions to a pattern out of quarantine",
            [=](const request& rq, responder& to) {
              const auto body = rq.json();
              const auto pattern = body.is_object() ? body.find("pattern") : body.end();
              if (pattern == body.end() || !pattern->is_string())
                throw error{ec::invalid_argument, "the body must be {\"pattern\": \"session.*\"}"};
              gateway.ask<loaded_plugin>(
                  runtime,
                  [answer = json_answer{std::move(to)}](const result<loaded_plugin>& p) { answer(message_of(p)); },
                  atom::release_v, name_of(rq), pattern->get<std::string>());
            }),
      route("POST", "/api/plugins/:id/enable", access::admin, "Enables a plugin", change(atom::enable_v)),
      route("POST", "/api/plugins/:id/disable", access::admin, "Disables a plugin", change(atom::disable_v)),
      route("POST", "/api/plugins/:id/load", access::admin, "Loads a plugin", change(atom::load_v)),
      route("POST", "/api/plugins/:id/unload", access::admin, "Unloads a plugin", change(atom::unload_v)),
      route("POST", "/api/plugins/:id/reload", access::admin, "Unloads a plugin and loads it again",
            change(atom::reload_v)),
  };
}

}  // namespace streamspace
