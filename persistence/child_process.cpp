#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <thread>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/child_process.hpp>

namespace streamspace {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int folder_descriptor = 3;
constexpr int report_descriptor = 4;

/// The steps of the child between fork and exec. Only calls that are safe there (signal-safety(7)); the first that
/// fails is reported.
struct child_steps {
  const child_spec& spec;
  char* const* arguments;
  char* const* environment;
  pid_t parent;
  int report;

  [[noreturn]] void run() const noexcept {
    const char* failed = place_descriptors() ? nullptr : "its files";
    if (!failed && !reset_signals()) failed = "its signals";
    if (!failed && !become_user()) failed = "its user";
    if (!failed && !settle()) failed = "its session";
    if (!failed) {
      ::execve(spec.program.c_str(), arguments, environment);
      failed = "the program";
    }
    const int cause = errno;
    (void)!::write(report_descriptor, &cause, sizeof cause);
    (void)!::write(report_descriptor, failed, std::strlen(failed));
    ::_exit(127);
  }

  bool place_descriptors() const noexcept {
    // All sources move above the targets first, so that placing one cannot overwrite another.
    const int null = ::open("/dev/null", O_RDWR);
    if (null < 0) return false;
    const auto raise_above = [](int fd) { return ::fcntl(fd, F_DUPFD, 16); };
    const int input = raise_above(null);
    const int output = raise_above(spec.output < 0 ? null : spec.output);
    const int folder = raise_above(spec.folder < 0 ? null : spec.folder);
    const int reporter = raise_above(report);
    if (input < 0 || output < 0 || folder < 0 || reporter < 0) return false;
    if (::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0) return false;
    if (::dup2(folder, folder_descriptor) < 0 || ::dup3(reporter, report_descriptor, O_CLOEXEC) < 0) return false;
    if (spec.folder < 0) ::close(folder_descriptor);
    return close_from(report_descriptor + 1);
  }

  static bool close_from(unsigned first) noexcept {
    if (::syscall(SYS_close_range, first, ~0u, 0) == 0) return true;
    const long last = ::sysconf(_SC_OPEN_MAX);
    for (long fd = first; fd < last; ++fd) ::close(static_cast<int>(fd));
    return true;
  }

  static bool reset_signals() noexcept {
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) ::sigaction(number, &usual, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    return ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
  }

  bool become_user() const noexcept {
    if (!spec.run_as) return true;
    const auto& user = *spec.run_as;
    return ::setgroups(user.groups.size(), user.groups.data()) == 0 && ::setresgid(user.gid, user.gid, user.gid) == 0 &&
           ::setresuid(user.uid, user.uid, user.uid) == 0;
  }

  bool settle() const noexcept {
    ::umask(077);
    if (::setsid() < 0 || ::chdir("/") != 0) return false;
    // After the change of user, which would clear it.
    if (spec.death_signal != 0 && ::prctl(PR_SET_PDEATHSIG, spec.death_signal) != 0) return false;
    if (::getppid() != parent) ::_exit(127);
    return true;
  }
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void not_started(const std::string& program, const std::string& what, int cause) {
  throw error{ec::io_error, "'" + program + "' cannot be started: " + what + ": " + std::strerror(cause)};
}

/// read(2), again when a signal came between.
ssize_t read_some(int fd, void* into, std::size_t size) noexcept {
  for (;;)
    if (const auto got = ::read(fd, into, size); got >= 0 || errno != EINTR) return got;
}

}  // namespace

child_process::child_process(const child_spec& spec) {
  auto argument_texts = spec.arguments;
  argument_texts.insert(argument_texts.begin(), spec.program);
  auto environment_texts = spec.environment;
  const auto arguments = pointers_to(argument_texts);
  const auto environment = pointers_to(environment_texts);
  std::array<int, 2> report{};
  if (::pipe2(report.data(), O_CLOEXEC) != 0) not_started(spec.program, "no pipe", errno);
  const child_steps steps{spec, arguments.data(), environment.data(), ::getpid(), report[1]};
  pid_ = ::fork();
  if (pid_ == 0) steps.run();
  const int fork_fault = errno;
  ::close(report[1]);
  int cause = 0;
  std::string failed;
  if (pid_ > 0 && read_some(report[0], &cause, sizeof cause) == sizeof cause) {
    std::array<char, 64> text{};
    const auto length = read_some(report[0], text.data(), text.size());
    failed.assign(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  }
  ::close(report[0]);
  if (pid_ < 0) not_started(spec.program, "no process", fork_fault);
  if (cause != 0) {
    ::waitpid(pid_, nullptr, 0);
    not_started(spec.program, failed, cause);
  }
  pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
}

child_process::~child_process() {
  if (!status_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (pidfd_ >= 0) ::close(pidfd_);
}

void child_process::signal(int number) noexcept {
  if (!status_) ::kill(pid_, number);
}

std::optional<int> child_process::wait(milliseconds timeout) {
  const auto until = steady_clock::now() + timeout;
  while (!status_) {
    int status = 0;
    const auto ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended == pid_) {
      status_ = status;
      break;
    }
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    if (left <= milliseconds{0}) return std::nullopt;
    if (pidfd_ >= 0) {
      pollfd end{pidfd_, POLLIN, 0};
      ::poll(&end, 1, static_cast<int>(left.count()));
    } else {
      std::this_thread::sleep_for(std::min(left, milliseconds{5}));
    }
  }
  return status_;
}

std::string describe_exit(int wait_status) {
  if (WIFEXITED(wait_status)) return "exited with status " + std::to_string(WEXITSTATUS(wait_status));
  const int number = WTERMSIG(wait_status);
  return "was ended by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
}

}  // namespace streamspace
