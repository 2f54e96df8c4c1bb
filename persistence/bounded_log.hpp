#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace streamspace {

/// A log file that never takes more than twice `max_bytes`: a full one becomes FILE.1, in place of the one before. What
/// cannot be written, on a full disk say, is dropped. Keeps the latest lines in memory too, so that an error can say
/// what the log said. Not thread-safe.
class bounded_log {
 public:
  explicit bounded_log(std::filesystem::path file, std::size_t max_bytes = 4u << 20);
  ~bounded_log();
  bounded_log(const bounded_log&) = delete;
  bounded_log& operator=(const bounded_log&) = delete;

  void append(std::string_view text);

  /// The latest text, at most some thousand bytes.
  const std::string& tail() const noexcept { return tail_; }

 private:
  void reopen();

  std::filesystem::path file_;
  std::size_t max_bytes_;
  std::size_t size_ = 0;
  int fd_ = -1;
  std::string tail_;
};

/// The line of a PostgreSQL program's output that tells best why it failed: the last FATAL or PANIC, else the last
/// error, else the last line; without time stamp and level.
std::string telling_line(std::string_view output);

}  // namespace streamspace
