#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include <streamspace/messages/log_record.hpp>

namespace streamspace {

struct async_log_settings {
  std::size_t records = 8'192;                    ///< May wait, at least 1; for one more the oldest goes.
  std::size_t bytes = std::size_t{32} << 20U;     ///< The same; one record that is larger waits alone.
  std::chrono::milliseconds end_deadline{5'000};  ///< For all that waits at the end.
};

/// Has records written on a thread of its own, in their order. Whoever logs never waits for the writing: where it is
/// too slow the oldest records are lost, and a line of its own says how many once there is room again.
///
/// Not spdlog's thread pool: its destructor waits for a blocked pipe for ever, and it formats on the caller's thread.
class async_log {
 public:
  /// Writes one record, and may take its time. A record at which it throws is lost.
  using writer = std::function<void(const log_record&)>;

  explicit async_log(writer write, async_log_settings settings = {});
  async_log(const async_log&) = delete;
  async_log& operator=(const async_log&) = delete;
  /// Waits until all is written, at most for the deadline; after it the rest is lost, and the thread is left to itself,
  /// with the writer, until that returns. A program that ends by exit() while this lives waits just so.
  ~async_log();

  /// Any thread.
  void push(log_record record) noexcept;

  /// Waits until all that was pushed before is written or lost; false when it was not by the deadline.
  bool flush(std::chrono::milliseconds deadline);

  /// How many records were lost up to now. Any thread.
  std::uint64_t lost() const noexcept;

  class core;

 private:
  std::shared_ptr<core> core_;
  std::thread thread_;
};

}  // namespace streamspace
