#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <streamspace/messages/error.hpp>
#include <streamspace/plugins/schedule/cron_fields.hpp>
#include <streamspace/plugins/schedule/time_zone.hpp>

namespace streamspace {

/// How many fields an expression has.
enum class cron_syntax {
  minutes,  ///< Five: minute, hour, day of the month, month, day of the week.
  seconds   ///< Six, a field for the second in front.
};

/// A cron expression (docs/cron.md is the grammar): fields that a time matches, or an interval ("@every 90s").
class cron_expression {
 public:
  /// Error: ec::invalid_argument. The message names the field, what is wrong with it and the column
  /// ("minute: 61 is above 59, at column 1"), as do the facts "field" and "column" (from 1, in characters of the whole
  /// text). What can never match, such as February 30, is an error too, and so is an unknown zone. ec::io_error when a
  /// zone is named and tzdata is missing.
  static result<cron_expression> parse(std::string_view text, cron_syntax syntax = cron_syntax::minutes);

  /// Nothing in them is set when there is an interval.
  const cron_fields& fields() const noexcept { return fields_; }
  /// Whole seconds, at least one.
  std::optional<std::chrono::seconds> interval() const noexcept { return interval_; }
  /// Of a prefix CRON_TZ= or TZ=.
  const std::optional<time_zone>& zone() const noexcept { return zone_; }
  const std::string& text() const noexcept { return text_; }

 private:
  class reader;
  cron_expression() = default;

  std::string text_;
  cron_fields fields_;
  std::optional<std::chrono::seconds> interval_;
  std::optional<time_zone> zone_;
};

}  // namespace streamspace
