#pragma once

#include <cstdint>
#include <string_view>

#include <tl/expected.hpp>

#include <streamspace/plugins/schedule/text_fault.hpp>

namespace streamspace {

enum class cron_field : std::uint8_t { second, minute, hour, day_of_month, month, day_of_week };

/// As errors name it ("day-of-month").
std::string_view to_string(cron_field field) noexcept;

struct cron_field_values {
  std::uint64_t bits = 0;  ///< Bit n for the value n; Sunday is 0.
  bool star = false;       ///< The text begins with '*' or '?'.
};

/// Reads one field, in which no space is left: a list of values, ranges and stars, with steps (docs/cron.md).
tl::expected<cron_field_values, text_fault> parse_cron_field(cron_field field, std::string_view text);

}  // namespace streamspace
