#include <streamspace/http/rest.hpp>
#include <streamspace/http/rest_support.hpp>

namespace streamspace {

endpoint_list event_routes(std::function<std::vector<event_type_figures>()> figures) {
  using rest::route;
  return {
      route("GET", "/api/events/types", access::signed_in, "What became of the events of each type",
            [figures](const request& rq, responder& to) {
              if (rq.caller.role != "admin" && rq.caller.role != "operator")
                throw error{ec::permission_denied, "looking at the figures of events needs the role operator or admin"};
              json types = json::array();
              for (const auto& of_type : figures()) types.push_back(of_type);
              const auto total = types.size();
              to(response{json{{"types", std::move(types)}, {"total", total}}});
            }),
  };
}

}  // namespace streamspace
