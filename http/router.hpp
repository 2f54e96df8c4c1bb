#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <streamspace/messages/http_message.hpp>

namespace streamspace {

/// What a router is built from. The pattern is "/" or segments each led by one slash: literal text, `:name` for any one
/// segment, and as the last one `*name` for one segment or more. At most 32 segments.
struct route {
  std::string_view method;  ///< GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS
  std::string_view path;
  std::size_t index = 0;  ///< The builder's own number for it; what a match and a refusal answer.
};

/// Methods, as a router knows them.
using method_set = std::bitset<7>;

/// As an Allow header lists them: "GET, HEAD, OPTIONS".
std::string to_allow(method_set methods);

/// What a router says about a request.
struct route_match {
  enum class outcome : std::uint8_t { not_found, method_not_allowed, matched };

  outcome what = outcome::not_found;
  bool by_rest = false;   ///< The pattern that matched ends in `*name`.
  std::size_t index = 0;  ///< The route's, when matched.
  name_values params;     ///< What the `:name` and `*name` segments took, in the pattern's order; when matched.
  method_set allowed;  ///< What this path answers instead, HEAD and OPTIONS included; when the method is not allowed.
};

/// An immutable trie of routes over path segments. match() costs one hash lookup a segment, however many routes there
/// are, and allocates nothing but the parameters. Copies are independent; a const router may be read from any number of
/// threads.
///
/// Precedence: at each segment literal before `:name` before `*name`, from the left; where the more specific branch has
/// no route for the request's method, the next one is tried. GET routes answer HEAD too. Patterns that differ only in
/// parameter names are the same route.
class router {
 public:
  struct refused_route {
    std::size_t index = 0;
    bool taken = false;  ///< By an earlier route; else it is malformed.
    std::string why;     ///< "GET /users/:id is taken by GET /users/:name"
  };

  /// Matches nothing.
  router();

  /// Routes that are malformed or that an earlier one already takes are left out and told in `refused`.
  static router build(std::span<const route> routes, std::vector<refused_route>& refused);

  /// `path` is decoded and normal (see parse_target): no empty segments, no trailing slash.
  route_match match(std::string_view method, std::string_view path) const;

 private:
  static constexpr std::uint32_t none = UINT32_MAX;

  struct node {
    node() { routes.fill(none); }
    std::array<std::uint32_t, method_set{}.size()> routes;  ///< The leaf of each method that ends here.
    std::uint32_t param = none;                             ///< The child that any segment leads to.
    std::uint32_t rest = none;                              ///< The child that all remaining segments lead to.
  };

  /// The branch from a node by a literal segment. One table for the whole trie, so that a lookup costs the same at
  /// every node.
  struct branch {
    std::uint32_t from;
    std::string segment;
  };
  struct branch_view {
    std::uint32_t from;
    std::string_view segment;
    branch_view(std::uint32_t node, std::string_view text) : from{node}, segment{text} {}
    branch_view(const branch& b) : from{b.from}, segment{b.segment} {}
  };
  struct branch_hash {
    using is_transparent = void;
    std::size_t operator()(branch_view b) const noexcept {
      return std::hash<std::string_view>{}(b.segment) ^ (b.from * 0x9E3779B97F4A7C15ULL);
    }
  };
  struct branch_equal {
    using is_transparent = void;
    bool operator()(branch_view a, branch_view b) const noexcept { return a.from == b.from && a.segment == b.segment; }
  };

  struct leaf {
    std::size_t index = 0;
    std::vector<std::string> names;
    bool by_rest = false;
  };

  struct search;

  std::uint32_t child(std::uint32_t from, std::string_view segment);
  bool walk(search& s, std::uint32_t at, std::size_t depth, std::size_t taken) const;
  bool settle(search& s, const node& end, std::size_t taken) const;

  std::vector<node> nodes_;
  std::vector<leaf> leaves_;
  std::unordered_map<branch, std::uint32_t, branch_hash, branch_equal> branches_;
};

}  // namespace streamspace
