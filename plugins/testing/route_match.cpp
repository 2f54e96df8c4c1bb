#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <streamspace/plugins/testing/route_match.hpp>

namespace streamspace::testing {

namespace {

constexpr std::array<std::string_view, 7> methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

/// Cuts off the first segment of what is left of a path, of which the leading slash is gone.
std::string_view next_segment(std::string_view& rest) {
  const auto slash = rest.find('/');
  const auto segment = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  return segment;
}

struct fit {
  std::string rank;  ///< A digit for each segment; the smaller, the more specific.
  name_values params;
};

std::optional<fit> fit_of(std::string_view pattern, std::string_view path) {
  pattern.remove_prefix(1);
  path.remove_prefix(1);
  fit found;
  while (!pattern.empty()) {
    if (path.empty()) return std::nullopt;
    const auto wanted = next_segment(pattern);
    if (wanted.front() == '*') {
      found.rank += '2';
      found.params.emplace_back(wanted.substr(1), path);
      return found;
    }
    const auto given = next_segment(path);
    if (wanted.front() == ':')
      found.params.emplace_back(wanted.substr(1), given);
    else if (wanted != given)
      return std::nullopt;
    found.rank += wanted.front() == ':' ? '1' : '0';
  }
  if (!path.empty()) return std::nullopt;
  return found;
}

}  // namespace

matched_route match_route(const std::vector<plugin_route_ptr>& routes, std::string_view method, std::string_view path) {
  matched_route best;
  std::string best_rank;
  std::array<bool, methods.size()> allowed{};
  for (const auto& route : routes) {
    auto found = fit_of(route->path, path);
    if (!found) continue;
    for (std::size_t i = 0; i < methods.size(); ++i)
      allowed[i] = allowed[i] || methods[i] == route->method || (methods[i] == "HEAD" && route->method == "GET") ||
                   methods[i] == "OPTIONS";
    const bool its_own = route->method == method;
    if (!its_own && !(method == "HEAD" && route->method == "GET")) continue;
    found->rank += its_own ? '0' : '1';
    if (best.route && found->rank >= best_rank) continue;
    best = {route, std::move(found->params), {}};
    best_rank = std::move(found->rank);
  }
  if (best.route) return best;
  for (std::size_t i = 0; i < methods.size(); ++i)
    if (allowed[i]) best.allow.append(best.allow.empty() ? "" : ", ").append(methods[i]);
  return best;
}

}  // namespace streamspace::testing
