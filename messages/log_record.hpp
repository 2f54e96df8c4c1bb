#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <streamspace/messages/json.hpp>
#include <streamspace/messages/time.hpp>

namespace streamspace {

enum class log_level : std::uint8_t { debug, info, warn, error, fatal };

/// "DEBUG", "INFO", "WARN", "ERROR", "FATAL"
std::string_view to_string(log_level level) noexcept;
/// Reads a level, whatever its case.
std::optional<log_level> parse_log_level(std::string_view text) noexcept;

/// One line of a plugin's log.
struct log_record {
  std::string plugin;
  log_level level = log_level::info;
  std::string message;
  json data;  ///< An object, or null for none.
  timestamp time{};
};

/// The record as one line of JSON without the line feed: {plugin, level, message, data?, timestamp}. Text that is not
/// UTF-8 is mended, control characters are escaped.
std::string to_json_line(const log_record& record);

/// Takes records from any thread; must not block and must not throw.
using log_sink = std::function<void(log_record)>;

}  // namespace streamspace
