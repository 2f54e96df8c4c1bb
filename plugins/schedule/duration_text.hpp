#pragma once

#include <chrono>
#include <string_view>

#include <tl/expected.hpp>

#include <streamspace/plugins/schedule/text_fault.hpp>

namespace streamspace {

/// Reads a duration as Go writes it: numbers with a unit each, one after the other, added up ("1h30m", "1.5h",
/// "250ms"). Units: h, m, s, ms, us (also with a Greek mu), ns. Fractions are cut to nanoseconds. A sign may stand in
/// front. Refuses what is longer than 292 years.
tl::expected<std::chrono::nanoseconds, text_fault> parse_duration(std::string_view text);

}  // namespace streamspace
