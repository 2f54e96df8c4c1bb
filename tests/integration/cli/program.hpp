#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <streamspace/persistence/child_process.hpp>

namespace streamspace::testing {

/// A process of /proc: the pid alone may be given to another one.
struct process_id {
  pid_t pid = 0;
  std::string started;  ///< In the kernel's ticks.
  std::string command;  ///< "postgres"

  bool alive() const;
};

/// The program that a test runs as a user would, with the arguments and environment given. Killed at the end if it
/// still runs; told to end should the test program die.
class program {
 public:
  program(const std::string& path, std::vector<std::string> arguments, std::vector<std::string> environment);
  ~program();
  program(const program&) = delete;
  program& operator=(const program&) = delete;

  /// Reads what it prints until `text` has come; false when it ended, or two minutes passed, without it.
  bool await_output(const std::string& text);
  void signal(int number) { child_->signal(number); }
  /// Reads what it prints until its end. Its exit status; nothing when it had to be killed after two minutes, or was
  /// ended by a signal.
  std::optional<int> exit_status();

  /// All that it printed so far, on both of its streams.
  const std::string& output() const noexcept { return output_; }
  /// The processes that it started, and those that they started.
  std::vector<process_id> descendants() const;

 private:
  bool read_more(std::chrono::steady_clock::time_point until);

  int read_end_ = -1;
  std::unique_ptr<child_process> child_;
  std::string output_;
};

}  // namespace streamspace::testing
