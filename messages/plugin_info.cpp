#include <streamspace/messages/delivery.hpp>
#include <streamspace/messages/plugin_info.hpp>

namespace streamspace {

std::string_view to_string(plugin_state state) noexcept {
  switch (state) {
    case plugin_state::discovered:
      return "discovered";
    case plugin_state::installed:
      return "installed";
    case plugin_state::loading:
      return "loading";
    case plugin_state::enabled:
      return "enabled";
    case plugin_state::disabled:
      return "disabled";
    case plugin_state::draining:
      return "draining";
    case plugin_state::restarting:
      return "restarting";
    case plugin_state::quarantined:
      return "quarantined";
    case plugin_state::failed:
      return "failed";
    case plugin_state::unloaded:
      return "unloaded";
  }
  return "unloaded";
}

std::string_view to_string(delivery_outcome outcome) noexcept {
  switch (outcome) {
    case delivery_outcome::handled:
      return "handled";
    case delivery_outcome::error:
      return "error";
    case delivery_outcome::exception:
      return "exception";
    case delivery_outcome::timeout:
      return "timeout";
    case delivery_outcome::terminated:
      return "terminated";
    case delivery_outcome::refused:
      return "refused";
    case delivery_outcome::would_deadlock:
      return "would_deadlock";
  }
  return "handled";
}

void to_json(json& out, const loaded_plugin& p) {
  out = json{{"name", p.name},
             {"version", p.version},
             {"state", to_string(p.state)},
             {"enabled", p.enabled()},
             {"builtin", p.builtin},
             {"manifest", p.manifest},
             {"counters",
              {{"delivered", p.counters.delivered},
               {"failed", p.counters.failed},
               {"dropped", p.counters.dropped},
               {"requests", p.counters.requests},
               {"queued", p.counters.queued},
               {"retried", p.counters.retried},
               {"restarts", p.counters.restarts}}}};
  if (p.loaded_at) out["loadedAt"] = to_rfc3339(*p.loaded_at);
  if (!p.last_error.empty()) out["lastError"] = p.last_error;
  if (!p.file.empty()) out["file"] = p.file;
  if (!p.code_sha256.empty()) out["codeSha256"] = p.code_sha256;
}

void to_json(json& out, const available_plugin& p) {
  out = json{{"name", p.name},
             {"version", p.version},
             {"builtin", p.builtin},
             {"state", p.rejected.empty() ? "available" : "rejected"}};
  if (!p.file.empty()) out["file"] = p.file;
  if (!p.rejected.empty()) out["why"] = p.rejected;
}

}  // namespace streamspace
