#include <limits>

#include <streamspace/http/rest.hpp>
#include <streamspace/http/rest_support.hpp>
#include <streamspace/messages/config_secrets.hpp>
#include <streamspace/messages/json_members.hpp>

namespace streamspace {

namespace {

json listed(const std::vector<loaded_plugin>& plugins, const std::optional<bool>& enabled) {
  json list = json::array();
  for (const auto& p : plugins)
    if (!enabled || p.enabled() == *enabled) list.push_back(p);
  const auto total = list.size();
  return {{"plugins", std::move(list)}, {"total", total}};
}

/// Nothing when the parameter is not there.
std::optional<bool> flag_query(const request& rq, const char* name) {
  const auto text = rq.query(name);
  if (!text) return std::nullopt;
  if (*text != "true" && *text != "false")
    throw error{ec::invalid_argument, "query parameter '" + std::string{name} + "' may be true or false"};
  return *text == "true";
}

dependents dependents_of(const request& rq) {
  return flag_query(rq, "cascade").value_or(false) ? dependents::stop : dependents::forbid;
}

response listed(const result<std::vector<available_plugin>>& all) {
  if (!all) return response::from_error(all.error());
  return response{json{{"plugins", *all}, {"total", all->size()}}};
}

/// What POST /api/plugins/install asks for.
struct installation {
  std::string name;
  std::string config_text;  ///< Empty where none is given.
  bool enable = true;
};

installation installation_of(const request& rq) {
  const auto body = rq.json();
  const auto name = body.is_object() ? body.find("name") : body.end();
  if (name == body.end() || !name->is_string())
    throw error{ec::invalid_argument,
                "the body must be {\"name\": \"...\"}, with a \"config\" and \"enabled\" if you like"};
  installation wanted{name->get<std::string>(), {}, true};
  if (const auto config = body.find("config"); config != body.end() && !config->is_null()) {
    if (!config->is_object()) throw error{ec::invalid_argument, "\"config\" must be a JSON object"};
    wanted.config_text = config->dump();
  }
  if (const auto enabled = body.find("enabled"); enabled != body.end()) {
    if (!enabled->is_boolean()) throw error{ec::invalid_argument, "\"enabled\" must be true or false"};
    wanted.enable = enabled->get<bool>();
  }
  return wanted;
}

/// What POST /api/plugins/:id/config/revert asks for.
int revision_of(const request& rq) {
  const auto body = rq.json();
  int revision = 0;
  if (body.is_object()) json_members::read_number(body, "revision", 1, std::numeric_limits<int>::max(), revision);
  if (revision == 0)
    throw error{ec::invalid_argument, "the body must be {\"revision\": 3}, with a number of the plugin's history"};
  return revision;
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

endpoint_list plugin_routes(actor_gateway gateway, runtime_actor runtime, discovery_actor discovery,
                            std::function<json(const principal&)> ui_components) {
  using rest::route;
  const auto name_of = [](const request& rq) { return std::string{rq.param("id")}; };
  const auto list = [=](const request& rq, responder& to) {
    gateway.ask<std::vector<loaded_plugin>>(
        runtime,
        [enabled = flag_query(rq, "enabled"),
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
  const auto stop = [=](auto operation) {
    return [=](const request& rq, responder& to) {
      const auto others = dependents_of(rq);
      gateway.ask<loaded_plugin>(
          runtime, [answer = json_answer{std::move(to)}](const result<loaded_plugin>& p) { answer(message_of(p)); },
          operation, name_of(rq), others);
    };
  };
  const auto shown_config = [](const loaded_plugin& p) { return masked_secrets(p.config, p.manifest.config_schema); };
  const auto showing_config = [shown_config](responder& to) {
    return [shown_config, answer = json_answer{std::move(to)}](const result<loaded_plugin>& p) {
      answer(p ? response{shown_config(*p)} : response::from_error(p.error()));
    };
  };
  return {
      route("GET", "/api/plugins", access::signed_in, "Lists plugins", list),
      route("GET", "/api/plugins/loaded", access::signed_in, "Lists loaded plugins", list),
      route("GET", "/api/plugins/available", access::signed_in, "Lists the plugins that could be loaded",
            [=](const request&, responder& to) {
              gateway.ask<std::vector<available_plugin>>(
                  runtime,
                  [answer = json_answer{std::move(to)}](const result<std::vector<available_plugin>>& all) {
                    answer(listed(all));
                  },
                  atom::available_v);
            }),
      route("POST", "/api/plugins/discover", access::admin, "Looks through the directories of plugins",
            [=](const request&, responder& to) {
              const auto answer = [to = json_answer{std::move(to)}](const result<std::vector<available_plugin>>& all) {
                to(listed(all));
              };
              discovery ? gateway.ask<std::vector<available_plugin>>(discovery, answer, atom::discover_v)
                        : gateway.ask<std::vector<available_plugin>>(runtime, answer, atom::available_v);
            }),
      route("POST", "/api/plugins/install", access::admin, "Installs a plugin that is available",
            [=](const request& rq, responder& to) {
              auto wanted = installation_of(rq);
              gateway.ask<loaded_plugin>(
                  runtime,
                  [answer = json_answer{std::move(to)}](const result<loaded_plugin>& p) {
                    auto said = message_of(p);
                    if (p) said.status = 202;
                    answer(std::move(said));
                  },
                  atom::install_v, std::move(wanted.name), std::move(wanted.config_text), wanted.enable,
                  rq.caller.subject);
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
              gateway.ask<loaded_plugin>(runtime, showing_config(to), atom::change_v, name_of(rq), config.dump(),
                                         rq.caller.subject);
            }),
      route("GET", "/api/plugins/:id/config/history", access::admin,
            "The configurations that a plugin had, the newest first, without their secrets",
            [=](const request& rq, responder& to) {
              using all = std::vector<config_revision>;
              gateway.ask<all>(
                  runtime,
                  [answer = json_answer{std::move(to)}](const result<all>& revisions) {
                    if (!revisions) return answer(response::from_error(revisions.error()));
                    answer(response{json{{"revisions", *revisions}, {"total", revisions->size()}}});
                  },
                  atom::history_v, name_of(rq));
            }),
      route("POST", "/api/plugins/:id/config/revert", access::admin, "Sets a configuration that a plugin had",
            [=](const request& rq, responder& to) {
              const auto revision = revision_of(rq);
              gateway.ask<loaded_plugin>(runtime, showing_config(to), atom::revert_v, name_of(rq), revision,
                                         rq.caller.subject);
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
      route("DELETE", "/api/plugins/:id", access::admin, "Uninstalls a plugin; its data stays",
            stop(atom::uninstall_v)),
      route("POST", "/api/plugins/:id/enable", access::admin, "Enables a plugin", change(atom::enable_v)),
      route("POST", "/api/plugins/:id/disable", access::admin, "Disables a plugin", stop(atom::disable_v)),
      route("POST", "/api/plugins/:id/load", access::admin, "Loads a plugin", change(atom::load_v)),
      route("POST", "/api/plugins/:id/unload", access::admin, "Unloads a plugin", stop(atom::unload_v)),
      route("POST", "/api/plugins/:id/reload", access::admin, "Unloads a plugin and loads it again",
            change(atom::reload_v)),
  };
}

}  // namespace streamspace
