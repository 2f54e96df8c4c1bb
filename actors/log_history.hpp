#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>

#include <streamspace/messages/log_page.hpp>

namespace streamspace {

struct log_history_limits {
  std::size_t lines = 200;                      ///< Of each plugin.
  std::size_t bytes = std::size_t{256} << 10U;  ///< The same, about.
  std::size_t plugins = 1'000;                  ///< The one that has been silent longest goes first.
};

/// The last lines of each plugin's log. Thread-safe; does not block.
class log_history {
 public:
  explicit log_history(log_history_limits most = {}) : most_{most} {}

  /// A line that alone is larger than all may be is kept without its data, its message cut.
  void add(const std::string& plugin, log_record line);

  /// The newest lines of this level or a graver one, at most `limit`.
  log_page recent(const std::string& plugin, std::size_t limit, log_level least = log_level::debug) const;

 private:
  struct kept_line {
    log_record what;
    std::size_t bytes = 0;
  };
  struct kept_log {
    std::deque<kept_line> lines;
    std::size_t bytes = 0;
    std::uint64_t written = 0;  ///< When last, as a count of all lines.
  };

  kept_line fitting(log_record line) const;

  log_history_limits most_;
  mutable std::mutex mutex_;
  std::map<std::string, kept_log> plugins_;
  std::uint64_t added_ = 0;
};

}  // namespace streamspace
