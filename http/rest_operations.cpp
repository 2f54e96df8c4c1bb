#include <streamspace/http/rest.hpp>
#include <streamspace/http/rest_support.hpp>

namespace streamspace {

endpoint_list operations_routes(std::string version, readiness ready) {
  using rest::route;
  return {
      route("GET", "/", access::open, "Says what this is",
            [version](const request&, responder& to) {
              to(response{json{{"name", "streamspace"},
                               {"version", version},
                               {"links",
                                {{"plugins", "/api/plugins"},
                                 {"users", "/api/users"},
                                 {"sessions", "/api/sessions"},
                                 {"deadLetters", "/api/dead-letters"},
                                 {"eventTypes", "/api/events/types"},
                                 {"health", "/healthz"},
                                 {"readiness", "/readyz"}}}}});
            }),
      route("GET", "/healthz", access::open, "Answers while the process serves",
            [](const request&, responder& to) {
              to(response{json{{"status", "ok"}}});
            }),
      route("GET", "/readyz", access::open, "Answers 200 when the database can be used too",
            [ready](const request&, responder& to) {
              ready([answer = json_answer{std::move(to)}](const result<void>& r) {
                answer(r ? response{json{{"status", "ready"}}}
                         : response::problem(503, to_string(r.error().code()), r.error().message()));
              });
            }),
  };
}

}  // namespace streamspace
