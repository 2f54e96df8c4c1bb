#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>
#include <utility>

#include <sys/wait.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/postmaster.hpp>

namespace streamspace {

using std::chrono::milliseconds;

postmaster::postmaster(child_spec spec, std::filesystem::path log_file, std::function<void(const std::string&)> on_end)
    : on_end_{std::move(on_end)}, log_{std::move(log_file)} {
  keeper_ = std::thread{[this, spec = std::move(spec)]() mutable { keep(std::move(spec)); }};
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return child_ || over_; });
  if (!start_fault_) return;
  lock.unlock();
  keeper_.join();
  std::rethrow_exception(start_fault_);
}

postmaster::~postmaster() {
  signal(SIGQUIT);
  if (!ended_within(milliseconds{2000})) signal(SIGKILL);
  keeper_.join();
}

void postmaster::signal(int number) noexcept {
  std::lock_guard lock{mutex_};
  if (child_) child_->signal(number);
}

bool postmaster::ended_within(milliseconds timeout) {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, timeout, [&] { return over_; });
}

std::string postmaster::reason() const {
  std::lock_guard lock{mutex_};
  if (!status_) return {};
  // A server that was killed had no time for words; its latest line would be about something else.
  auto said = WIFEXITED(*status_) ? telling_line(log_.tail()) : std::string{};
  return said.empty() ? "it " + describe_exit(*status_) : said;
}

void postmaster::keep(child_spec spec) {
  std::array<int, 2> output{-1, -1};
  try {
    if (::pipe2(output.data(), O_CLOEXEC) != 0)
      throw error{ec::io_error, std::string{"no pipe for PostgreSQL's log: "} + std::strerror(errno)};
    spec.output = output[1];
    child_process child{spec};
    ::close(std::exchange(output[1], -1));
    ::fcntl(output[0], F_SETFL, O_NONBLOCK);
    {
      std::lock_guard lock{mutex_};
      pid_ = child.pid();
      child_ = &child;
    }
    changed_.notify_all();
    follow(child, output[0]);
  } catch (...) {
    start_fault_ = std::current_exception();
  }
  for (const int fd : output)
    if (fd >= 0) ::close(fd);
  const bool ran = !start_fault_;
  if (ran && on_end_) on_end_(reason());
  {
    std::lock_guard lock{mutex_};
    over_ = true;
  }
  changed_.notify_all();
}

void postmaster::follow(child_process& child, int output) {
  std::array<char, 16384> buffer;
  std::array<pollfd, 2> waiting{pollfd{output, POLLIN, 0}, pollfd{child.end_descriptor(), POLLIN, 0}};
  // Without an end descriptor the end is looked for from time to time.
  const int patience = child.end_descriptor() < 0 ? 50 : -1;
  for (;;) {
    ::poll(waiting.data(), waiting.size(), patience);
    ssize_t got = 0;
    std::unique_lock lock{mutex_};
    while ((got = ::read(output, buffer.data(), buffer.size())) > 0)
      log_.append({buffer.data(), static_cast<std::size_t>(got)});
    if (got == 0) waiting[0].fd = -1;
    status_ = child.wait(milliseconds{0});
    if (!status_) continue;
    child_ = nullptr;
    while ((got = ::read(output, buffer.data(), buffer.size())) > 0)
      log_.append({buffer.data(), static_cast<std::size_t>(got)});
    return;
  }
}

}  // namespace streamspace
