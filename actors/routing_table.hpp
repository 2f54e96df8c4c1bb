#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <streamspace/messages/names.hpp>

namespace streamspace {

/// Who hears which event: built once from all subscriptions, immutable, read by every emit without a lock. A lookup
/// costs what the type's own depth and its matches cost, not how many subscriptions exist. Routes to one event are
/// visited in the order in which they were added.
template <class Route>
class routing_table {
 public:
  /// `pattern` is an event pattern (names.hpp).
  void add(std::string_view pattern, Route route) {
    const entry added{next_++, std::move(route)};
    if (!is_wildcard(pattern)) {
      exact_[std::string{pattern}].push_back(added);
      return;
    }
    node* at = &root_;
    while (true) {
      const auto dot = pattern.find('.');
      const auto segment = pattern.substr(0, dot);
      if (segment == ">") {
        at->rest.push_back(added);
        return;
      }
      auto& child = at->children[std::string{segment}];
      if (!child) child = std::make_unique<node>();
      at = child.get();
      if (dot == std::string_view::npos) break;
      pattern.remove_prefix(dot + 1);
    }
    at->here.push_back(added);
  }

  /// Calls visit(route) for every route whose pattern matches `type`; how many.
  template <class Visitor>
  std::size_t for_each_match(std::string_view type, Visitor visit) const {
    const auto exact = exact_.find(type);
    if (root_.children.empty() && root_.rest.empty()) {
      if (exact == exact_.end()) return 0;
      for (const auto& e : exact->second) visit(e.route);
      return exact->second.size();
    }
    std::map<std::size_t, const Route*> found;
    const auto collect = [&](const std::vector<entry>& entries) {
      for (const auto& e : entries) found.emplace(e.order, &e.route);
    };
    if (exact != exact_.end()) collect(exact->second);
    walk(root_, type, collect);
    for (const auto& [order, route] : found) visit(*route);
    return found.size();
  }

 private:
  struct entry {
    std::size_t order;
    Route route;
  };

  /// Wildcard patterns by segment; `*` is a child like any other, `>` stands in `rest`.
  struct node {
    std::map<std::string, std::unique_ptr<node>, std::less<>> children;
    std::vector<entry> here;
    std::vector<entry> rest;
  };

  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };

  template <class Collect>
  static void walk(const node& at, std::string_view type, const Collect& collect) {
    if (type.empty()) {
      collect(at.here);
      return;
    }
    collect(at.rest);
    const auto dot = type.find('.');
    const auto segment = type.substr(0, dot);
    const auto after = dot == std::string_view::npos ? std::string_view{} : type.substr(dot + 1);
    for (const auto name : {segment, std::string_view{"*"}})
      if (const auto child = at.children.find(name); child != at.children.end()) walk(*child->second, after, collect);
  }

  std::size_t next_ = 0;
  std::unordered_map<std::string, std::vector<entry>, text_hash, std::equal_to<>> exact_;
  node root_;
};

}  // namespace streamspace
