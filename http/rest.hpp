#pragma once

#include <functional>
#include <memory>
#include <string>

#include <streamspace/http/actor_gateway.hpp>
#include <streamspace/http/token_authority.hpp>
#include <streamspace/messages/endpoint.hpp>
#include <streamspace/messages/event_figures.hpp>
#include <streamspace/messages/log_page.hpp>

/// The platform's own REST table (SPEC 5), each part as endpoints for an application. The handlers never block: they
/// ask actors and answer when those do.
namespace streamspace {

/// POST /api/auth/login, POST /api/auth/logout. `token_ttl` is how long a login lasts.
endpoint_list auth_routes(actor_gateway gateway, platform_actor platform, std::shared_ptr<const token_authority> tokens,
                          duration token_ttl);

/// POST/GET/PATCH/DELETE /api/users. Operators may read, admins do all; users see themselves.
endpoint_list user_routes(actor_gateway gateway, platform_actor platform);

/// POST/GET/PATCH/DELETE /api/sessions and /api/sessions/:id/start, stop, hibernate, wake. Users reach their own
/// sessions only; admins and operators all.
endpoint_list session_routes(actor_gateway gateway, platform_actor platform);

/// GET /api/plugins..., POST /api/plugins/:id/enable and so on; :id is a plugin's name or number. Changes need the role
/// admin. `discovery` may be invalid.
endpoint_list plugin_routes(actor_gateway gateway, runtime_actor runtime, discovery_actor discovery,
                            std::function<json(const principal&)> ui_components);

/// The logs of plugins, by name. Called on any thread; must not block.
struct plugin_log_functions {
  std::function<log_page(const std::string& plugin, std::size_t limit, log_level least)> recent;
  std::function<log_level(const std::string& plugin)> level;
  std::function<void(const std::string& plugin, log_level level)> set_level;
};

/// GET /api/plugins/:id/logs and /api/plugins/:id/log-level for operators and admins, PUT /api/plugins/:id/log-level
/// for admins.
endpoint_list plugin_log_routes(actor_gateway gateway, runtime_actor runtime, plugin_log_functions logs);

/// GET /api/dead-letters and /:id for operators and admins; POST /api/dead-letters/redrive, /:id/redrive and DELETE
/// /:id for admins.
endpoint_list dead_letter_routes(actor_gateway gateway, dead_letter_actor letters);

/// GET /api/events, /api/events/types and /api/events/subscriptions, for operators and admins. `figures` is called on
/// the server's threads and must not block.
endpoint_list event_routes(actor_gateway gateway, event_log_actor log,
                           std::function<std::vector<event_type_figures>()> figures);

/// What /readyz asks: calls back, from any thread, with nothing or with what is not ready.
using readiness = std::function<void(std::function<void(result<void>)>)>;

/// GET /, /healthz, /readyz.
endpoint_list operations_routes(std::string version, readiness ready);

}  // namespace streamspace
