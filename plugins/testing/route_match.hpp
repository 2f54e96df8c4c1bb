#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <streamspace/plugins/sdk/registrations.hpp>

namespace streamspace::testing {

/// What a plugin's routes say about a request.
struct matched_route {
  plugin_route_ptr route;  ///< Null when none answers this method at this path.
  name_values params;      ///< What its `:name` and `*name` segments took, in the pattern's order.
  std::string allow;       ///< When none does: what the path answers instead, as an Allow header lists it, or nothing.
};

/// Finds the route as the server's router does: at each segment a literal one before `:name` before `*name`, from the
/// left, the next one where the more specific has no route for the method; GET routes answer HEAD too. `path` is
/// relative to the plugin's root, decoded, without a trailing slash.
matched_route match_route(const std::vector<plugin_route_ptr>& routes, std::string_view method, std::string_view path);

}  // namespace streamspace::testing
