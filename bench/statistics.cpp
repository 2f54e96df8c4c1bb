#include <algorithm>
#include <cmath>

#include <bench/statistics.hpp>

#include <streamspace/messages/error.hpp>

namespace streamspace::bench {

double median_of(std::vector<double> values) {
  if (values.empty()) throw error{ec::invalid_argument, "there is no median of no values"};
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

double quantile_of(std::vector<double> values, double quantile) {
  if (values.empty()) throw error{ec::invalid_argument, "there is no quantile of no values"};
  if (!(quantile >= 0 && quantile <= 1)) throw error{ec::invalid_argument, "a quantile lies between 0 and 1"};
  const auto rank = static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(values.size())));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace streamspace::bench
