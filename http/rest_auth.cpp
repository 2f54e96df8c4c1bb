#include <streamspace/http/rest.hpp>
#include <streamspace/http/rest_support.hpp>
#include <streamspace/messages/platform.hpp>

namespace streamspace {

endpoint_list auth_routes(actor_gateway gateway, platform_actor platform, std::shared_ptr<const token_authority> tokens,
                          duration token_ttl) {
  using rest::route;
  return {
      route("POST", "/api/auth/login", access::open, "Exchanges a user name and a password for a token",
            [=](const request& rq, responder& to) {
              auto who = rest::body_as<credentials>(rq);
              gateway.ask<user>(
                  platform,
                  [tokens, token_ttl, answer = json_answer{std::move(to)}](const result<user>& known) {
                    if (!known) return answer(known);
                    const auto at = now();
                    const auto token = tokens->issue({known->id, known->role, {}}, token_ttl, at);
                    answer(response{json{{"token", token}, {"expiresAt", to_rfc3339(at + token_ttl)}, {"user", *known}}}
                               .header("Cache-Control", "no-store"));
                  },
                  atom::login_v, std::move(who));
            }),
      route("POST", "/api/auth/logout", access::signed_in, "Tells the platform that the caller leaves",
            [=](const request& rq, responder& to) {
              gateway.ask<user>(platform, json_answer{std::move(to), 204}, atom::logout_v, rq.caller.subject);
            }),
  };
}

}  // namespace streamspace
