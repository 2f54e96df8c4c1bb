#pragma once

#include <string_view>

#include <streamspace/messages/error.hpp>
#include <streamspace/plugins/schedule/cron_expression.hpp>

namespace streamspace {

/// Reads how often something is to happen: "5m", "1h", "1h30m", "24h", "1 day", "2 hours", "hourly", "daily", "weekly",
/// "monthly", "yearly" (the seed's ScheduleInterval, and any duration besides). What divides an hour or a day evenly
/// falls on the clock, as the seed has it: "5m" is at minute 0, 5, 10 and so on, "6h" at 00:00, 06:00 and so on, a day
/// is from midnight to midnight, a week from Sunday on. Anything else is that long after the last time. Whole seconds,
/// at least one. Error invalid_argument, which says what may be written.
result<cron_expression> parse_interval(std::string_view text);

}  // namespace streamspace
