#include <algorithm>

#include <bench/runner.hpp>
#include <bench/statistics.hpp>

#include <streamspace/messages/error.hpp>

namespace streamspace::bench {

std::vector<figure> run_in_turns(const std::vector<measurement>& measurements, int repeats,
                                 const std::function<void(int round, const measurement&)>& before_run) {
  // By measurement, then by quantity.
  std::vector<std::vector<std::vector<double>>> values;
  for (const auto& m : measurements) values.emplace_back(m.gives.size());
  for (int round = 1; round <= repeats; ++round)
    for (std::size_t i = 0; i < measurements.size(); ++i) {
      const auto& m = measurements[i];
      before_run(round, m);
      const auto given = m.run();
      if (given.size() != m.gives.size())
        throw error{ec::internal, "a run gave another number of values than it has quantities"};
      for (std::size_t q = 0; q < given.size(); ++q) values[i][q].push_back(given[q]);
    }
  std::vector<figure> figures;
  for (std::size_t i = 0; i < measurements.size(); ++i)
    for (std::size_t q = 0; q < measurements[i].gives.size(); ++q) {
      const auto& what = measurements[i].gives[q];
      const auto& runs = values[i][q];
      const auto [lowest, highest] = std::minmax_element(runs.begin(), runs.end());
      figures.push_back({what.name, what.params, what.unit, median_of(runs), *lowest, *highest});
    }
  return figures;
}

}  // namespace streamspace::bench
