#include <streamspace/http/rest.hpp>
#include <streamspace/http/rest_support.hpp>

namespace streamspace {

namespace {

bool sees_everyone(const principal& caller) {
  return caller.role == "admin" || caller.role == "operator";
}

void demand_to_see(const principal& caller, std::string_view user_id) {
  if (!sees_everyone(caller) && caller.subject != user_id)
    throw error{ec::permission_denied, "users may look at themselves only; this needs the role operator or admin"};
}

}  // namespace

endpoint_list user_routes(actor_gateway gateway, platform_actor platform) {
  using rest::route;
  const auto id_of = [](const request& rq) { return std::string{rq.param("id")}; };
  return {
      route("POST", "/api/users", access::admin, "Creates a user",
            [=](const request& rq, responder& to) {
              auto draft = rest::body_as<user_draft>(rq);
              gateway.ask<user>(platform, json_answer{std::move(to), 201}, atom::create_v, std::move(draft));
            }),
      route("GET", "/api/users", access::signed_in, "Lists users, oldest first",
            [=](const request& rq, responder& to) {
              if (!sees_everyone(rq.caller))
                throw error{ec::permission_denied, "listing users needs the role operator or admin"};
              gateway.ask<user_page>(
                  platform,
                  [answer = json_answer{std::move(to)}](const result<user_page>& page) {
                    if (!page) return answer(response::from_error(page.error()));
                    answer(response{json{{"users", page->items}, {"total", page->total}}});
                  },
                  atom::list_v, rest::page_of_query(rq));
            }),
      route("GET", "/api/users/:id", access::signed_in, "Shows a user",
            [=](const request& rq, responder& to) {
              demand_to_see(rq.caller, rq.param("id"));
              gateway.ask<user>(platform, json_answer{std::move(to)}, atom::find_v, atom::user_v, id_of(rq));
            }),
      route("PATCH", "/api/users/:id", access::admin, "Changes a user",
            [=](const request& rq, responder& to) {
              auto changes = rest::body_as<user_changes>(rq);
              gateway.ask<user>(platform, json_answer{std::move(to)}, atom::change_v, id_of(rq), std::move(changes));
            }),
      route("DELETE", "/api/users/:id", access::admin, "Deletes a user who has no sessions",
            [=](const request& rq, responder& to) {
              gateway.ask<user>(platform, json_answer{std::move(to), 204}, atom::remove_v, atom::user_v, id_of(rq));
            }),
  };
}

}  // namespace streamspace
