#pragma once

#include <cstdint>
#include <vector>

/// What the order of loading takes from graph theory. Nodes are 0 to size - 1; nothing here recurses, so that depth
/// costs no stack.
namespace streamspace::plugin_graph {

using node = std::uint32_t;
/// For each node those that it points to.
using edges = std::vector<std::vector<node>>;

/// For each node the number of its strongly connected component: two nodes have the same when each reaches the other.
std::vector<node> components(const edges& graph);

/// The nodes of a shortest circle through `start`, beginning with it; empty when there is none.
std::vector<node> shortest_circle(const edges& graph, node start);

/// The other way round.
edges reversed(const edges& graph);

/// All nodes, each after those that it points to, the lowest first where that leaves it open. Needs a graph without
/// circles.
std::vector<node> dependencies_first(const edges& graph);

/// What can be reached from `start`, without it.
std::vector<node> reachable(const edges& graph, node start);

}  // namespace streamspace::plugin_graph
