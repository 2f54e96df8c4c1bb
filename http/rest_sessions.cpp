#include <streamspace/http/rest.hpp>
#include <streamspace/http/rest_support.hpp>

namespace streamspace {

namespace {

bool reaches_all(const principal& caller) {
  return caller.role == "admin" || caller.role == "operator";
}

session_filter filter_of(const request& rq) {
  session_filter filter{rq.query("user_id"), std::nullopt};
  if (!reaches_all(rq.caller)) {
    if (filter.user_id && *filter.user_id != rq.caller.subject)
      throw error{ec::permission_denied, "users may list their own sessions only"};
    filter.user_id = rq.caller.subject;
  }
  if (const auto text = rq.query("state")) {
    filter.state = parse_session_state(*text);
    if (!filter.state)
      throw error{ec::invalid_argument,
                  "query parameter 'state' may be pending, running, hibernated, terminated or failed"};
  }
  return filter;
}

/// Asks something about one session once it is clear that the caller reaches it: to others it does not exist.
class session_desk {
 public:
  session_desk(actor_gateway gateway, platform_actor platform)
      : gateway_{std::move(gateway)}, platform_{std::move(platform)} {}

  template <class... Args>
  void ask(const request& rq, json_answer answer, Args... args) const {
    if (reaches_all(rq.caller)) return gateway_.ask<session>(platform_, answer, args...);
    const auto id = std::string{rq.param("id")};
    gateway_.ask<session>(
        platform_,
        [=, *this, caller = rq.caller.subject](const result<session>& present) {
          if (!present) return answer(present);
          if (present->user_id != caller)
            return answer(response::from_error({ec::not_found, "there is no session with the id '" + id + "'"}));
          gateway_.ask<session>(platform_, answer, args...);
        },
        atom::find_v, id);
  }

 private:
  actor_gateway gateway_;
  platform_actor platform_;
};

}  // namespace

endpoint_list session_routes(actor_gateway gateway, platform_actor platform) {
  using rest::route;
  const session_desk desk{gateway, platform};
  const auto id_of = [](const request& rq) { return std::string{rq.param("id")}; };
  endpoint_list routes{
      route("POST", "/api/sessions", access::signed_in, "Creates a session in state pending",
            [=](const request& rq, responder& to) {
              auto draft = rest::body_as<session_draft>(rq);
              if (!reaches_all(rq.caller) && draft.user_id != rq.caller.subject)
                throw error{ec::permission_denied, "users may create sessions for themselves only"};
              gateway.ask<session>(platform, json_answer{std::move(to), 201}, atom::create_v, std::move(draft));
            }),
      route("GET", "/api/sessions", access::signed_in, "Lists sessions, oldest first",
            [=](const request& rq, responder& to) {
              gateway.ask<session_page>(
                  platform,
                  [answer = json_answer{std::move(to)}](const result<session_page>& page) {
                    if (!page) return answer(response::from_error(page.error()));
                    answer(response{json{{"sessions", page->items}, {"total", page->total}}});
                  },
                  atom::list_v, filter_of(rq), rest::page_of_query(rq));
            }),
      route(
          "GET", "/api/sessions/:id", access::signed_in, "Shows a session",
          [=](const request& rq, responder& to) { desk.ask(rq, json_answer{std::move(to)}, atom::find_v, id_of(rq)); }),
      route("PATCH", "/api/sessions/:id", access::signed_in, "Changes a session; not its state",
            [=](const request& rq, responder& to) {
              auto changes = rest::body_as<session_changes>(rq);
              desk.ask(rq, json_answer{std::move(to)}, atom::change_v, id_of(rq), std::move(changes));
            }),
      route("DELETE", "/api/sessions/:id", access::signed_in, "Deletes a session",
            [=](const request& rq, responder& to) {
              desk.ask(rq, json_answer{std::move(to), 204}, atom::remove_v, id_of(rq));
            }),
  };
  for (const auto action :
       {session_action::start, session_action::stop, session_action::hibernate, session_action::wake})
    routes.push_back(route("POST", "/api/sessions/:id/" + std::string{to_string(action)}, access::signed_in,
                           "Lets a session " + std::string{to_string(action)}, [=](const request& rq, responder& to) {
                             desk.ask(rq, json_answer{std::move(to)}, atom::act_v, id_of(rq), action);
                           }));
  return routes;
}

}  // namespace streamspace
