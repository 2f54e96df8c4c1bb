#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include <streamspace/messages/log_record.hpp>

namespace streamspace {

/// Keeps the last warnings and errors of a platform, for the case that something went wrong. What the demo provokes is
/// not among them. Thread-safe.
class demo_log {
 public:
  /// The log must outlive whoever uses the sink.
  log_sink sink();

  /// As JSON lines, oldest first.
  std::vector<std::string> lines() const;

 private:
  static constexpr std::size_t most_lines = 50;

  void take(const log_record& record);

  mutable std::mutex mutex_;
  std::deque<std::string> lines_;
};

}  // namespace streamspace
