#include <algorithm>
#include <numeric>

#include <cli/suggest.hpp>

namespace streamspace {

namespace {

/// Letters to put in, take out, change or swap with their neighbour to make `b` of `a`.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  std::iota(cost[0].begin(), cost[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view typed, const std::vector<std::string>& known) {
  if (typed.size() > 100) return {};
  std::string best;
  std::size_t best_cost = std::max<std::size_t>(2, typed.size() / 3) + 1;
  for (const auto& candidate : known) {
    const auto cost = distance(typed, candidate);
    if (cost >= best_cost) continue;
    best_cost = cost;
    best = candidate;
  }
  return best;
}

}  // namespace streamspace
