#include <algorithm>

#include <bench/runner.hpp>

#include <streamspace/messages/error.hpp>

namespace streamspace::bench {

double median_of(std::vector<double> values) {
  if (values.empty()) throw error{ec::invalid_argument, "there is no median of no values"};
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

std::vector<figure> run_in_turns(const std::vector<measurement>& measurements, int repeats,
                                 const std::function<void(int round, const measurement&)>& before_run) {
  std::vector<std::vector<double>> runs(measurements.size());
  for (int round = 1; round <= repeats; ++round)
    for (std::size_t i = 0; i < measurements.size(); ++i) {
      before_run(round, measurements[i]);
      runs[i].push_back(measurements[i].run());
    }
  std::vector<figure> figures;
  for (std::size_t i = 0; i < measurements.size(); ++i) {
    const auto& m = measurements[i];
    const auto [lowest, highest] = std::minmax_element(runs[i].begin(), runs[i].end());
    figures.push_back({m.name, m.params, m.unit, median_of(runs[i]), *lowest, *highest});
  }
  return figures;
}

}  // namespace streamspace::bench
