#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <sys/types.h>

#include <streamspace/persistence/bounded_log.hpp>
#include <streamspace/persistence/child_process.hpp>

namespace streamspace {

/// A running PostgreSQL server process, kept by a thread of its own: that thread starts it, so that the server's death
/// signal follows this process's end and not the end of whichever thread wanted it; writes what the server says into
/// the log; and sees its end. Thread-safe.
class postmaster {
 public:
  /// Starts it; its output goes into `log_file`. `on_end` is called once on the keeping thread, when the server has
  /// ended, with how. Errors: those of child_process.
  postmaster(child_spec spec, std::filesystem::path log_file, std::function<void(const std::string&)> on_end);
  /// Ends the server at once if it still runs: its next start has to recover.
  ~postmaster();

  pid_t pid() const noexcept { return pid_; }
  void signal(int number) noexcept;
  bool ended_within(std::chrono::milliseconds timeout);
  bool ended() { return ended_within(std::chrono::milliseconds{0}); }

  /// Why it ended, by its own words where it had some: "could not bind ...", "was ended by signal 9 (Killed)".
  std::string reason() const;

 private:
  void keep(child_spec spec);
  void follow(child_process& child, int output);

  std::function<void(const std::string&)> on_end_;
  pid_t pid_ = -1;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bounded_log log_;
  std::exception_ptr start_fault_;
  child_process* child_ = nullptr;  ///< While it runs.
  std::optional<int> status_;
  bool over_ = false;
  std::thread keeper_;
};

}  // namespace streamspace
