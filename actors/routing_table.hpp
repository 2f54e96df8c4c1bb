#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <streamspace/actors/text_index.hpp>

namespace streamspace {

/// Who hears which event: filled with add(), closed with seal(), and from then on read by every emit without a lock.
/// A lookup costs what the type's own depth and its matches cost, not how many patterns exist. It allocates only when
/// more than `inline_runs` wildcard patterns match one type.
template <class Route>
class routing_table {
 public:
  static constexpr std::size_t inline_runs = 16;

  /// `pattern` is an event pattern (names.hpp). Not after seal().
  void add(std::string_view pattern, int priority, Route route) {
    added_.push_back({group_of(pattern), priority, std::move(route)});
  }

  /// Puts what was added where for_each_match() and for_each() find it; before, they see nothing.
  void seal() {
    std::stable_sort(added_.begin(), added_.end(),
                     [](const addition& a, const addition& b) { return a.priority > b.priority; });
    groups_.assign(exact_.size() + wildcards_, {});
    for (const auto& a : added_) ++groups_[place(a.group)].size;
    std::uint32_t first = 0;
    for (auto& g : groups_) g.first = std::exchange(first, first + g.size);

    std::vector<std::uint32_t> from(added_.size());
    ranks_.resize(added_.size());
    std::vector<std::uint32_t> taken(groups_.size());
    for (std::uint32_t rank = 0; rank < added_.size(); ++rank) {
      const auto group = place(added_[rank].group);
      const auto at = groups_[group].first + taken[group]++;
      ranks_[at] = rank;
      from[at] = rank;
    }
    routes_.clear();
    routes_.reserve(added_.size());
    for (const auto rank : from) routes_.push_back(std::move(added_[rank].route));
    added_ = {};
  }

  /// for_each_match() of this type follows soon: what it reads first is fetched side by side.
  void expect(const hashed_text& type) const noexcept {
    if (groups_.empty()) return;
    const auto exact = exact_.expect(0, type);
    if (exact == text_index::none) return;
    const auto& g = groups_[exact];
    constexpr std::size_t line = 64;
    const auto first = reinterpret_cast<const std::byte*>(routes_.data() + g.first);
    const auto bytes = std::min(g.size, ahead) * sizeof(Route);
    for (std::size_t at = 0; at < bytes; at += line) prefetch(first + at);
  }

  /// Calls visit(const Route&) for every route whose pattern matches `type`, those of higher priority first and those
  /// of one priority in the order in which they were added; how many.
  template <class Visitor>
  std::size_t for_each_match(const hashed_text& type, Visitor&& visit) const {
    if (routes_.empty()) return 0;
    const auto exact = exact_.find(0, type);
    if (wildcards_ == 0) return exact == text_index::none ? 0 : visit_all(groups_[exact], visit);
    run_list runs;
    if (exact != text_index::none) runs.push(ranks_, groups_[exact]);
    collect(nodes_.front(), type.text, runs);
    return merge(runs.all(), visit);
  }

  /// Calls visit(const Route&) for every route, in no particular order.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    for (const auto& route : routes_) visit(route);
  }

 private:
  /// So many routes ahead is fetched what they refer to.
  static constexpr std::uint32_t ahead = 8;

  /// The routes of one pattern: a piece of routes_, ordered as they are to be visited.
  struct piece {
    std::uint32_t first = 0;
    std::uint32_t size = 0;
  };

  /// Exact patterns are numbered apart from wildcard ones, as both grow while routes are added.
  struct group_number {
    bool wildcard;
    std::uint32_t number;
  };

  struct addition {
    group_number group;
    int priority;
    Route route;
  };

  /// A prefix of wildcard patterns. Its named children stand in edges_ under its own number as the scope.
  struct node {
    std::uint32_t number = 0;
    std::uint32_t here = text_index::none;  ///< The wildcard group of the pattern that ends here.
    std::uint32_t rest = text_index::none;  ///< That of the pattern that goes on with `>`.
    std::uint32_t star = text_index::none;  ///< The node behind `*`.
    bool has_names = false;
  };

  /// What is left to visit of one group; never empty while it stands in a merge.
  struct run {
    std::uint32_t rank;  ///< Of the route at `at`.
    std::uint32_t at;
    std::uint32_t end;
  };

  class run_list {
   public:
    void push(const std::vector<std::uint32_t>& ranks, const piece& g) {
      if (g.size == 0) return;
      const run added{ranks[g.first], g.first, g.first + g.size};
      if (size_ < inline_runs) {
        few_[size_++] = added;
        return;
      }
      if (many_.empty()) many_.assign(few_.begin(), few_.end());
      many_.push_back(added);
    }

    std::span<run> all() { return many_.empty() ? std::span<run>{few_.data(), size_} : std::span<run>{many_}; }

   private:
    std::array<run, inline_runs> few_;
    std::size_t size_ = 0;
    std::vector<run> many_;
  };

  group_number group_of(std::string_view pattern) {
    if (pattern.find_first_of("*>") == std::string_view::npos) return {false, exact_.insert(0, pattern)};
    if (nodes_.empty()) nodes_.emplace_back();
    std::uint32_t at = 0;
    while (true) {
      const auto dot = pattern.find('.');
      const auto segment = pattern.substr(0, dot);
      if (segment == ">") return {true, numbered(nodes_[at].rest)};
      at = child_of(at, segment);
      if (dot == std::string_view::npos) return {true, numbered(nodes_[at].here)};
      pattern.remove_prefix(dot + 1);
    }
  }

  std::uint32_t numbered(std::uint32_t& group) {
    if (group == text_index::none) group = wildcards_++;
    return group;
  }

  std::uint32_t child_of(std::uint32_t parent, std::string_view segment) {
    if (segment == "*") {
      if (nodes_[parent].star == text_index::none) nodes_[parent].star = append_node();
      return nodes_[parent].star;
    }
    nodes_[parent].has_names = true;
    const auto known = edges_.size();
    const auto edge = edges_.insert(parent, segment);
    if (edge == known) edge_ends_.push_back(append_node());
    return edge_ends_[edge];
  }

  std::uint32_t append_node() {
    const auto number = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({number});
    return number;
  }

  std::size_t place(group_number g) const noexcept { return g.wildcard ? exact_.size() + g.number : g.number; }

  const piece& wildcard_group(std::uint32_t number) const noexcept { return groups_[exact_.size() + number]; }

  /// Gathers the groups of the wildcard patterns under `at` that match `rest`.
  void collect(const node& at, std::string_view rest, run_list& runs) const {
    if (rest.empty()) return;
    if (at.rest != text_index::none) runs.push(ranks_, wildcard_group(at.rest));
    const auto dot = rest.find('.');
    if (at.has_names)
      if (const auto edge = edges_.find(at.number, rest.substr(0, dot)); edge != text_index::none)
        descend(nodes_[edge_ends_[edge]], rest, dot, runs);
    if (at.star != text_index::none) descend(nodes_[at.star], rest, dot, runs);
  }

  void descend(const node& child, std::string_view rest, std::size_t dot, run_list& runs) const {
    if (dot != std::string_view::npos) return collect(child, rest.substr(dot + 1), runs);
    if (child.here != text_index::none) runs.push(ranks_, wildcard_group(child.here));
  }

  /// What routes refer to is fetched some routes ahead, as it lies scattered: together that takes little longer than
  /// for one.
  template <class Visitor>
  std::size_t visit_all(const piece& g, Visitor& visit) const {
    const auto routes = std::span{routes_}.subspan(g.first, g.size);
    if constexpr (requires { routes.front().expect(); }) {
      for (std::size_t i = 0; i < std::min<std::size_t>(ahead, routes.size()); ++i) routes[i].expect();
      for (std::size_t i = 0; i < routes.size(); ++i) {
        if (i + ahead < routes.size()) routes[i + ahead].expect();
        visit(routes[i]);
      }
    } else {
      for (const auto& route : routes) visit(route);
    }
    return g.size;
  }

  /// Visits several groups as one. A heap holds the runs by the rank of their next route.
  template <class Visitor>
  std::size_t merge(std::span<run> runs, Visitor& visit) const {
    std::size_t visited = 0;
    const auto later = [](const run& a, const run& b) { return a.rank > b.rank; };
    std::make_heap(runs.begin(), runs.end(), later);
    while (!runs.empty()) {
      std::pop_heap(runs.begin(), runs.end(), later);
      auto& first = runs.back();
      const auto before = runs.size() > 1 ? runs.front().rank : text_index::none;
      const auto from = first.at;
      do visit(routes_[first.at++]);
      while (first.at < first.end && ranks_[first.at] < before);
      visited += first.at - from;
      if (first.at == first.end) {
        runs = runs.first(runs.size() - 1);
        continue;
      }
      first.rank = ranks_[first.at];
      std::push_heap(runs.begin(), runs.end(), later);
    }
    return visited;
  }

  std::vector<addition> added_;
  text_index exact_;                      ///< The patterns without wildcards; their numbers are their groups.
  text_index edges_;                      ///< (node, segment) -> edge
  std::vector<std::uint32_t> edge_ends_;  ///< The node that an edge leads to.
  std::vector<node> nodes_;               ///< The root first.
  std::uint32_t wildcards_ = 0;           ///< How many wildcard patterns there are.
  std::vector<piece> groups_;             ///< Of the exact patterns, then of the wildcard ones.
  std::vector<Route> routes_;             ///< By group.
  std::vector<std::uint32_t> ranks_;      ///< When each of routes_ is to be visited among all of them.
};

}  // namespace streamspace
