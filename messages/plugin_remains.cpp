#include <streamspace/messages/plugin_remains.hpp>

namespace streamspace {

void to_json(json& out, const plugin_remains& r) {
  out = {{"plugin", r.plugin}};
  if (r.subscriptions > 0) out["subscriptions"] = r.subscriptions;
  if (r.routes > 0) out["routes"] = r.routes;
  if (r.components > 0) out["components"] = r.components;
  if (r.inbox) out["inbox"] = true;
  if (r.database) out["database"] = true;
  if (!r.code.empty()) out["code"] = r.code;
}

}  // namespace streamspace
