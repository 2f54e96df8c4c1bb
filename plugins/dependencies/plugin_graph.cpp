#include <algorithm>
#include <functional>
#include <limits>
#include <queue>

#include <streamspace/plugins/dependencies/plugin_graph.hpp>

namespace streamspace::plugin_graph {

namespace {

constexpr node none = std::numeric_limits<node>::max();

/// Tarjan's algorithm, with a stack of its own in the place of recursion.
class component_finder {
 public:
  explicit component_finder(const edges& graph)
      : graph_{graph}, found_(graph.size(), none), low_(graph.size(), none), component_(graph.size(), none) {}

  std::vector<node> components() {
    for (node n = 0; n < graph_.size(); ++n)
      if (found_[n] == none) visit(n);
    return std::move(component_);
  }

 private:
  struct frame {
    node at;
    std::size_t next_edge;
  };

  void visit(node start) {
    enter(start);
    while (!path_.empty()) {
      auto& [at, next_edge] = path_.back();
      if (next_edge < graph_[at].size()) {
        const auto to = graph_[at][next_edge++];
        if (found_[to] == none)
          enter(to);
        else if (component_[to] == none)
          low_[at] = std::min(low_[at], found_[to]);
      } else {
        leave(at);
      }
    }
  }

  void enter(node n) {
    found_[n] = low_[n] = clock_++;
    open_.push_back(n);
    path_.push_back({n, 0});
  }

  void leave(node n) {
    path_.pop_back();
    if (!path_.empty()) low_[path_.back().at] = std::min(low_[path_.back().at], low_[n]);
    if (low_[n] != found_[n]) return;
    node member = none;
    do {
      member = open_.back();
      open_.pop_back();
      component_[member] = count_;
    } while (member != n);
    ++count_;
  }

  const edges& graph_;
  std::vector<node> found_;
  std::vector<node> low_;
  std::vector<node> component_;
  std::vector<node> open_;
  std::vector<frame> path_;
  node clock_ = 0;
  node count_ = 0;
};

}  // namespace

std::vector<node> components(const edges& graph) {
  return component_finder{graph}.components();
}

std::vector<node> shortest_circle(const edges& graph, node start) {
  std::vector<node> came_from(graph.size(), none);
  std::vector<node> queue{start};
  for (std::size_t i = 0; i < queue.size(); ++i)
    for (const auto to : graph[queue[i]]) {
      if (to == start) {
        std::vector<node> circle;
        for (auto n = queue[i]; n != start; n = came_from[n]) circle.push_back(n);
        circle.push_back(start);
        std::reverse(circle.begin(), circle.end());
        return circle;
      }
      if (came_from[to] != none) continue;
      came_from[to] = queue[i];
      queue.push_back(to);
    }
  return {};
}

edges reversed(const edges& graph) {
  edges back(graph.size());
  for (node n = 0; n < graph.size(); ++n)
    for (const auto to : graph[n]) back[to].push_back(n);
  return back;
}

std::vector<node> dependencies_first(const edges& graph) {
  const auto dependents = reversed(graph);
  std::vector<std::size_t> missing(graph.size());
  std::priority_queue<node, std::vector<node>, std::greater<>> ready;
  for (node n = 0; n < graph.size(); ++n) {
    missing[n] = graph[n].size();
    if (missing[n] == 0) ready.push(n);
  }
  std::vector<node> order;
  order.reserve(graph.size());
  while (!ready.empty()) {
    const auto n = ready.top();
    ready.pop();
    order.push_back(n);
    for (const auto dependent : dependents[n])
      if (--missing[dependent] == 0) ready.push(dependent);
  }
  return order;
}

std::vector<node> reachable(const edges& graph, node start) {
  std::vector<bool> seen(graph.size());
  seen[start] = true;
  std::vector<node> queue{start};
  for (std::size_t i = 0; i < queue.size(); ++i)
    for (const auto to : graph[queue[i]])
      if (!seen[to]) {
        seen[to] = true;
        queue.push_back(to);
      }
  queue.erase(queue.begin());
  return queue;
}

}  // namespace streamspace::plugin_graph
