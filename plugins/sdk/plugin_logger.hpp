#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

/// Writes a plugin's structured log. Never blocks; any thread. `data` is a JSON object of further fields.
class plugin_logger {
 public:
  plugin_logger(std::string plugin, log_sink sink, std::shared_ptr<log_threshold> threshold)
      : plugin_{std::move(plugin)}, sink_{std::move(sink)}, threshold_{std::move(threshold)} {}

  void debug(std::string_view message, json data = nullptr) const { write(log_level::debug, message, std::move(data)); }
  void info(std::string_view message, json data = nullptr) const { write(log_level::info, message, std::move(data)); }
  void warn(std::string_view message, json data = nullptr) const { write(log_level::warn, message, std::move(data)); }
  void error(std::string_view message, json data = nullptr) const { write(log_level::error, message, std::move(data)); }
  /// The gravest level. It does not end anything.
  void fatal(std::string_view message, json data = nullptr) const { write(log_level::fatal, message, std::move(data)); }

  /// A logger whose every line has this field too (the seed's WithField).
  plugin_logger with(const std::string& key, json value) const;
  /// The same for all members of an object (the seed's WithFields).
  plugin_logger with(const json& fields) const;

  /// Whether lines of this level are kept now.
  bool enabled(log_level level) const noexcept { return level >= threshold_->load(std::memory_order_relaxed); }

 private:
  void write(log_level level, std::string_view message, json data) const;

  std::string plugin_;
  log_sink sink_;
  std::shared_ptr<log_threshold> threshold_;
  json fields_;
};

}  // namespace streamspace
