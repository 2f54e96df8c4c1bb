#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include <bench/child_output.hpp>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/child_process.hpp>

namespace streamspace::bench {

namespace {

class pipe_ends {
 public:
  pipe_ends() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw error{ec::io_error, "cannot make a pipe"};
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  ~pipe_ends() {
    ::close(ends_[0]);
    close_input();
  }

  int input() const noexcept { return ends_[1]; }
  void close_input() noexcept {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

  std::string read_to_end() {
    std::string text;
    std::array<char, 4096> part{};
    while (true) {
      const auto got = ::read(ends_[0], part.data(), part.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return text;
      text.append(part.data(), static_cast<std::size_t>(got));
    }
  }

 private:
  std::array<int, 2> ends_{};
};

}  // namespace

std::string output_of(const std::string& program, const std::vector<std::string>& arguments,
                      const std::vector<std::string>& environment) {
  pipe_ends output;
  child_spec spec;
  spec.program = program;
  spec.arguments = arguments;
  spec.environment = environment;
  spec.output = output.input();
  spec.death_signal = SIGKILL;
  child_process child{spec};
  output.close_input();
  auto text = output.read_to_end();
  const auto status = child.wait(std::chrono::seconds{10});
  if (status != 0)
    throw error{ec::io_error, program + ' ' + (status ? describe_exit(*status) : "did not end") + ": " + text};
  return text;
}

}  // namespace streamspace::bench
