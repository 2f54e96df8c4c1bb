#include <algorithm>

#include <streamspace/http/router.hpp>

namespace streamspace {

namespace {

constexpr std::array<std::string_view, method_set{}.size()> methods{"GET",   "HEAD",   "POST",   "PUT",
                                                                    "PATCH", "DELETE", "OPTIONS"};
constexpr std::size_t max_depth = 32;
constexpr std::size_t get = 0;
constexpr std::size_t head = 1;
constexpr std::size_t options = 6;

std::size_t method_index(std::string_view method) {
  return static_cast<std::size_t>(std::find(methods.begin(), methods.end(), method) - methods.begin());
}

bool is_parameter_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

/// Why a segment of a pattern cannot be, or nothing.
std::string_view fault_of(std::string_view segment, bool last) {
  if (segment.empty()) return "has an empty segment";
  if (segment == "." || segment == "..") return "has a '.' or '..' segment";
  if (segment.front() == ':' || segment.front() == '*') {
    if (!is_parameter_name(segment.substr(1))) return "has a parameter without a name of letters, digits, '_' or '-'";
    if (segment.front() == '*' && !last) return "has segments behind its '*' segment";
    return {};
  }
  const bool odd = std::any_of(segment.begin(), segment.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '%' || c == '?' || c == '#' || c == '\\';
  });
  return odd ? "has a character that no decoded path segment of ours has" : std::string_view{};
}

/// Cuts a path into its segments; `more` says that there are others than `out` has room for.
template <std::size_t Most>
std::size_t split(std::string_view path, std::array<std::string_view, Most>& out, bool& more) {
  std::size_t count = 0;
  path.remove_prefix(std::min<std::size_t>(1, path.size()));
  while (!path.empty() && count < Most) {
    const auto slash = path.find('/');
    out[count++] = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  more = !path.empty();
  return count;
}

struct pattern {
  std::size_t method;
  std::vector<std::string_view> segments;
  std::vector<std::string> names;
  bool by_rest = false;
};

/// The pattern, or what is wrong with it.
tl::expected<pattern, std::string> parse(const route& r) {
  const auto wrong = [](std::string what) { return tl::unexpected{std::move(what)}; };
  pattern out{method_index(r.method), {}, {}};
  if (out.method == methods.size()) return wrong("has a method that is not routed");
  if (r.path.empty() || r.path.front() != '/') return wrong("does not begin with a slash");
  if (r.path.size() > 1 && r.path.back() == '/')
    return wrong("ends in a slash; leave it out, requests match with and without");
  std::array<std::string_view, max_depth> parts;
  bool more = false;
  const auto count = split(r.path, parts, more);
  if (more) return wrong("has more than " + std::to_string(max_depth) + " segments");
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto fault = fault_of(parts[i], i + 1 == count); !fault.empty()) return wrong(std::string{fault});
    out.segments.push_back(parts[i]);
    if (parts[i].front() != ':' && parts[i].front() != '*') continue;
    std::string name{parts[i].substr(1)};
    if (std::find(out.names.begin(), out.names.end(), name) != out.names.end())
      return wrong("has two parameters named '" + name + "'");
    out.names.push_back(std::move(name));
    out.by_rest = parts[i].front() == '*';
  }
  return out;
}

}  // namespace

/// One match() under way.
struct router::search {
  std::string_view path;
  std::size_t method = 0;
  std::array<std::string_view, max_depth> parts{};
  std::size_t count = 0;
  bool more = false;  ///< The path has segments beyond `parts`, which only a `*name` can take.
  std::array<std::string_view, max_depth> taken{};
  const leaf* found = nullptr;
  std::size_t found_params = 0;
  method_set allowed;
};

std::string to_allow(method_set set) {
  std::string list;
  for (std::size_t i = 0; i < methods.size(); ++i)
    if (set[i]) list.append(list.empty() ? "" : ", ").append(methods[i]);
  return list;
}

router::router() : nodes_(1) {}

router router::build(std::span<const route> routes, std::vector<refused_route>& refused) {
  router built;
  std::vector<route> owners;  // Of each leaf.
  for (const auto& r : routes) {
    const auto title = std::string{r.method} + " " + std::string{r.path};
    auto pattern = parse(r);
    if (!pattern) {
      refused.push_back({r.index, false, title + " " + pattern.error()});
      continue;
    }
    std::uint32_t at = 0;
    for (const auto segment : pattern->segments) at = built.child(at, segment);
    auto& slot = built.nodes_[at].routes[pattern->method];
    if (slot != none) {
      const auto& owner = owners[slot];
      refused.push_back(
          {r.index, true, title + " is taken by " + std::string{owner.method} + " " + std::string{owner.path}});
      continue;
    }
    slot = static_cast<std::uint32_t>(built.leaves_.size());
    built.leaves_.push_back({r.index, std::move(pattern->names), pattern->by_rest});
    owners.push_back(r);
  }
  return built;
}

std::uint32_t router::child(std::uint32_t from, std::string_view segment) {
  const auto next = static_cast<std::uint32_t>(nodes_.size());
  std::uint32_t found = none;
  if (segment.front() == ':' || segment.front() == '*') {
    auto& slot = segment.front() == ':' ? nodes_[from].param : nodes_[from].rest;
    if (slot == none) slot = next;
    found = slot;
  } else {
    found = branches_.try_emplace(branch{from, std::string{segment}}, next).first->second;
  }
  if (found == next) nodes_.emplace_back();
  return found;
}

route_match router::match(std::string_view method, std::string_view path) const {
  search s;
  s.path = path;
  s.method = method_index(method);
  s.count = split(path, s.parts, s.more);

  route_match answer;
  if (walk(s, 0, 0, 0)) {
    answer.what = route_match::outcome::matched;
    answer.index = s.found->index;
    answer.by_rest = s.found->by_rest;
    answer.params.reserve(s.found_params);
    for (std::size_t i = 0; i < s.found_params; ++i) answer.params.emplace_back(s.found->names[i], s.taken[i]);
    return answer;
  }
  if (s.allowed.none()) return answer;
  answer.what = route_match::outcome::method_not_allowed;
  answer.allowed = s.allowed.set(head, s.allowed[head] || s.allowed[get]).set(options);
  return answer;
}

bool router::walk(search& s, std::uint32_t at, std::size_t depth, std::size_t taken) const {
  const auto& here = nodes_[at];
  if (depth == s.count) return !s.more && settle(s, here, taken);
  const auto segment = s.parts[depth];
  if (const auto literal = branches_.find(branch_view{at, segment});
      literal != branches_.end() && walk(s, literal->second, depth + 1, taken))
    return true;
  if (here.param != none) {
    s.taken[taken] = segment;
    if (walk(s, here.param, depth + 1, taken + 1)) return true;
  }
  if (here.rest == none) return false;
  s.taken[taken] = s.path.substr(static_cast<std::size_t>(segment.data() - s.path.data()));
  return settle(s, nodes_[here.rest], taken + 1);
}

bool router::settle(search& s, const node& end, std::size_t taken) const {
  auto found = s.method < methods.size() ? end.routes[s.method] : none;
  if (found == none && s.method == head) found = end.routes[get];
  if (found != none) {
    s.found = &leaves_[found];
    s.found_params = taken;
    return true;
  }
  for (std::size_t i = 0; i < methods.size(); ++i)
    if (end.routes[i] != none) s.allowed.set(i);
  return false;
}

}  // namespace streamspace
