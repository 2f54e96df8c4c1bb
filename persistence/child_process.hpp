#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <streamspace/persistence/os_user.hpp>

namespace streamspace {

/// What to start. The child gets no shell, no descriptor but those named here, default signal handling, a session of
/// its own (so the terminal's Ctrl-C does not reach it) and / as its working folder.
struct child_spec {
  std::string program;                   ///< Path of the executable.
  std::vector<std::string> arguments;    ///< Without the program's own name.
  std::vector<std::string> environment;  ///< "NAME=value"; all of it.
  std::optional<os_user> run_as;         ///< Needs root.
  int output = -1;                       ///< Becomes standard output and standard error; -1 for /dev/null.
  int folder = -1;                       ///< Becomes descriptor 3; -1 for none.
  /// Sent to the child when the thread that started it ends, for whatever reason, kill -9 included. 0 for none.
  int death_signal = 0;
};

/// A child process. Destroyed, it is killed and reaped. For one thread at a time, but for signal().
class child_process {
 public:
  /// Errors: io_error, naming the program and what failed.
  explicit child_process(const child_spec& spec);
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  pid_t pid() const noexcept { return pid_; }
  /// Readable once the child has ended; -1 where the kernel has no such descriptors.
  int end_descriptor() const noexcept { return pidfd_; }
  /// Does nothing once the end was seen by wait().
  void signal(int number) noexcept;
  /// Waits for the end; the status of waitpid(2), or nothing when it did not end in time.
  std::optional<int> wait(std::chrono::milliseconds timeout);

 private:
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<int> status_;
};

/// "exited with status 1", "was ended by signal 9 (Killed)"
std::string describe_exit(int wait_status);

}  // namespace streamspace
