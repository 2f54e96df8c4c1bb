#pragma once

#include <string>

#include <streamspace/plugins/sdk/plugin_config.hpp>

namespace streamspace::builtin {

/// A number of a configuration that must lie from `least` to `most`. Errors: invalid_argument, with the range.
template <class Number>
Number read_bounded(const plugin_config& config, const std::string& pointer, Number fallback, Number least,
                    Number most) {
  const auto value = config.get<Number>(pointer, fallback);
  if (value >= least && value <= most) return value;
  throw error{ec::invalid_argument, "the configuration at " + pointer + " is " + json(value).dump() +
                                        "; it must be from " + json(least).dump() + " to " + json(most).dump()};
}

inline int read_retention_days(const plugin_config& config, int fallback) {
  return read_bounded<int>(config, "/retentionDays", fallback, 0, 36'500);
}

}  // namespace streamspace::builtin
