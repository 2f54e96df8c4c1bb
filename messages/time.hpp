#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace streamspace {

/// An instant, in microseconds since 1970-01-01T00:00:00Z (what PostgreSQL's timestamptz keeps).
using timestamp = std::chrono::sys_time<std::chrono::microseconds>;

using duration = std::chrono::microseconds;

/// The system's clock, to a microsecond. When the clock is set, threads see it within a tenth of a millisecond.
timestamp now() noexcept;

/// RFC 3339 in UTC with six digits of fraction: "2026-03-29T01:00:00.000000Z".
std::string to_rfc3339(timestamp t);

/// Reads RFC 3339 (any offset, 'T' or a space between date and time, 0 to 9 digits of fraction, which are cut to
/// microseconds) and PostgreSQL's short offsets ("+00"). Nothing for anything else, dates that do not exist included.
std::optional<timestamp> parse_rfc3339(std::string_view text) noexcept;

}  // namespace streamspace
