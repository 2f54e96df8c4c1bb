#pragma once

#include <array>
#include <csignal>
#include <string>
#include <unistd.h>
#include <utility>

#include <sys/types.h>
#include <sys/wait.h>

#include <streamspace/messages/error.hpp>

namespace streamspace::testing {

/// A copy of this process that does something else; killed and reaped at the end. To be made while no other thread
/// runs.
class forked {
 public:
  /// Runs `action` in the copy. What it passes to its argument, a function, can be read here by line().
  template <class Action>
  explicit forked(Action&& action) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) throw error{ec::io_error, "no pipe"};
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(pipe[0]);
      const auto say = [&](const std::string& line) { (void)!::write(pipe[1], (line + "\n").data(), line.size() + 1); };
      try {
        action(say);
      } catch (const error& e) {
        say(std::string{to_string(e.code())} + ": " + e.message());
      }
      ::_exit(0);
    }
    ::close(pipe[1]);
    output_ = pipe[0];
  }
  ~forked() {
    kill();
    ::close(output_);
  }
  forked(const forked&) = delete;
  forked& operator=(const forked&) = delete;

  pid_t pid() const noexcept { return pid_; }

  /// The next line that the copy said; empty at its end.
  std::string line() {
    std::string text;
    for (char c = 0; ::read(output_, &c, 1) == 1 && c != '\n';) text += c;
    return text;
  }

  void kill() noexcept {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
};

}  // namespace streamspace::testing
