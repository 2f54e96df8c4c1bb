#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <streamspace/actors/async_log.hpp>
#include <streamspace/messages/footprint.hpp>

namespace streamspace {

namespace {

using clock = std::chrono::steady_clock;

struct waiting_record {
  log_record what;
  std::size_t bytes = 0;
};

std::size_t bytes_of(const log_record& record) noexcept {
  return sizeof(waiting_record) + record.plugin.size() + record.message.size() + approximate_bytes(record.data);
}

log_record line_on(std::uint64_t lost) {
  return {"log", log_level::warn,
          std::to_string(lost) + " lines of the log were lost, as they could not be written in time",
          json{{"lines", lost}}, now()};
}

}  // namespace

/// Shared with the thread, which may have to be left behind.
class async_log::core {
 public:
  core(writer write, async_log_settings settings) : write_{std::move(write)}, settings_{settings} {
    settings_.records = std::max<std::size_t>(settings_.records, 1);
  }

  void push(log_record record) {
    waiting_record next{std::move(record), 0};
    next.bytes = bytes_of(next.what);
    std::vector<waiting_record> gone;  // Destroyed without the lock: the data may be large.
    std::lock_guard lock{mutex_};
    if (abandoned_) {
      ++lost_;
      return;
    }
    while (!queue_.empty() && (queue_.size() >= settings_.records || bytes_ + next.bytes > settings_.bytes))
      gone.push_back(take());
    lost_ += gone.size();
    untold_ += gone.size();
    bytes_ += next.bytes;
    queue_.push_back(std::move(next));
    ++pushed_;
    if (std::exchange(sleeps_, false)) changed_.notify_one();
  }

  void lose_one() noexcept {
    std::lock_guard lock{mutex_};
    ++lost_;
    ++untold_;
  }

  bool flush_until(clock::time_point deadline) {
    std::unique_lock lock{mutex_};
    const auto upto = pushed_;
    ++flushing_;
    const bool done =
        settled_changed_.wait_until(lock, deadline, [&] { return settled() >= upto || ended_ || abandoned_; });
    --flushing_;
    return done;
  }

  bool flush(std::chrono::milliseconds deadline) { return flush_until(clock::now() + deadline); }

  /// Whether the thread is done.
  bool end() {
    std::unique_lock lock{mutex_};
    stopping_ = true;
    changed_.notify_one();
    if (settled_changed_.wait_for(lock, settings_.end_deadline, [&] { return ended_; })) return true;
    abandoned_ = true;
    lost_ += queue_.size();
    const auto rest = std::exchange(queue_, {});
    bytes_ = 0;
    lock.unlock();
    return false;
  }

  std::uint64_t lost() const noexcept {
    std::lock_guard lock{mutex_};
    return lost_;
  }

  void run() {
    std::unique_lock lock{mutex_};
    for (;;) {
      while (queue_.empty() && !stopping_) {
        sleeps_ = true;
        changed_.wait(lock);
      }
      sleeps_ = false;
      if (queue_.empty()) break;
      const auto gap = has_room() ? std::exchange(untold_, 0) : 0;
      writing_ = settled();
      const auto next = take();
      lock.unlock();
      const auto untold = tell(gap);
      const bool done = written(next.what);
      lock.lock();
      untold_ += untold;
      if (!done) {
        ++lost_;
        ++untold_;
      }
      writing_.reset();
      if (flushing_ > 0) settled_changed_.notify_all();
    }
    if (!abandoned_) {
      const auto gap = std::exchange(untold_, 0);
      lock.unlock();
      tell(gap);
      lock.lock();
    }
    ended_ = true;
    settled_changed_.notify_all();
  }

  std::chrono::milliseconds end_deadline() const noexcept { return settings_.end_deadline; }

 private:
  /// While more is lost at every record, a line on each would only add to that.
  bool has_room() const noexcept {
    return queue_.size() <= settings_.records / 2 + 1 && bytes_ <= settings_.bytes / 2 + queue_.front().bytes;
  }

  /// How many of those that were pushed come before all that is neither written nor lost.
  std::uint64_t settled() const noexcept { return writing_ ? *writing_ : pushed_ - queue_.size(); }

  waiting_record take() {
    auto oldest = std::move(queue_.front());
    queue_.pop_front();
    bytes_ -= oldest.bytes;
    return oldest;
  }

  bool written(const log_record& record) noexcept {
    try {
      write_(record);
      return true;
    } catch (...) {
      return false;
    }
  }

  /// How many lost ones are still to be told of.
  std::uint64_t tell(std::uint64_t gap) noexcept {
    try {
      return gap == 0 || written(line_on(gap)) ? 0 : gap;
    } catch (...) {
      return gap;
    }
  }

  writer write_;
  async_log_settings settings_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable settled_changed_;
  std::deque<waiting_record> queue_;
  std::size_t bytes_ = 0;
  std::uint64_t pushed_ = 0;
  std::optional<std::uint64_t> writing_;  ///< The number of the one that is being written.
  std::uint64_t lost_ = 0;
  std::uint64_t untold_ = 0;
  unsigned flushing_ = 0;
  bool sleeps_ = false;
  bool stopping_ = false;
  bool abandoned_ = false;
  bool ended_ = false;
};

namespace {

/// The logs whose last lines exit() has to wait for.
class living_logs {
 public:
  static living_logs& instance() {
    // Never destroyed: threads may still make and end logs while the program ends.
    static auto* const all = new living_logs;
    return *all;
  }

  void add(const std::shared_ptr<async_log::core>& one) {
    std::lock_guard lock{mutex_};
    std::erase_if(all_, [](const auto& other) { return other.expired(); });
    all_.push_back(one);
  }

 private:
  living_logs() {
    std::atexit([] { instance().flush(); });
  }

  void flush() {
    std::vector<std::shared_ptr<async_log::core>> left;
    {
      std::lock_guard lock{mutex_};
      for (const auto& one : all_)
        if (auto log = one.lock()) left.push_back(std::move(log));
    }
    const auto began = clock::now();
    for (const auto& log : left) log->flush_until(began + log->end_deadline());
  }

  std::mutex mutex_;
  std::vector<std::weak_ptr<async_log::core>> all_;
};

/// A thread that takes no signal that is meant for the program, and does not die of a pipe that nobody reads.
std::thread start_thread(std::function<void()> work) {
  sigset_t most;
  sigset_t before;
  sigfillset(&most);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) sigdelset(&most, fault);
  pthread_sigmask(SIG_SETMASK, &most, &before);
  try {
    std::thread started{std::move(work)};
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
}

}  // namespace

async_log::async_log(writer write, async_log_settings settings)
    : core_{std::make_shared<core>(std::move(write), settings)} {
  thread_ = start_thread([core = core_] { core->run(); });
  living_logs::instance().add(core_);
}

async_log::~async_log() {
  core_->end() ? thread_.join() : thread_.detach();
}

void async_log::push(log_record record) noexcept {
  try {
    core_->push(std::move(record));
  } catch (...) {
    core_->lose_one();
  }
}

bool async_log::flush(std::chrono::milliseconds deadline) {
  return core_->flush(deadline);
}

std::uint64_t async_log::lost() const noexcept {
  return core_->lost();
}

}  // namespace streamspace
