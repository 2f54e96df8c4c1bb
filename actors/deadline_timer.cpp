#include <condition_variable>
#include <mutex>
#include <utility>

#include <streamspace/actors/deadline_timer.hpp>

namespace streamspace {

namespace {

/// Taken out at once, so that one cancelled meanwhile has few before it.
constexpr std::size_t batch = 64;

}  // namespace

class deadline_timer::core {
 public:
  ticket at(clock::time_point at, callback what) {
    {
      std::lock_guard lock{mutex_};
      if (!stopping_) {
        const auto made = queue_.add(at, std::move(what));
        if (at < sleeps_until_) changed_.notify_one();
        return made;
      }
    }
    what();
    return {};
  }

  bool cancel(const ticket& which) {
    callback gone;  // Destroyed without the lock: it may hold anything.
    std::lock_guard lock{mutex_};
    gone = queue_.remove(which);
    return static_cast<bool>(gone);
  }

  void stop() {
    std::lock_guard lock{mutex_};
    stopping_ = true;
    changed_.notify_one();
  }

  std::size_t waiting() const {
    std::lock_guard lock{mutex_};
    return queue_.size();
  }

  void run() {
    std::unique_lock lock{mutex_};
    while (true) {
      auto due = queue_.take_due(stopping_ ? clock::time_point::max() : clock::now(), batch);
      if (due.empty()) {
        if (stopping_) return;
        sleep(lock);
        continue;
      }
      lock.unlock();
      for (auto& call : due) std::exchange(call, {})();
      lock.lock();
    }
  }

 private:
  void sleep(std::unique_lock<std::mutex>& lock) {
    const auto next = queue_.next();
    sleeps_until_ = next.value_or(clock::time_point::max());
    next ? static_cast<void>(changed_.wait_until(lock, *next)) : changed_.wait(lock);
    sleeps_until_ = clock::time_point::min();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  deadline_queue queue_;
  /// Before that the thread sees nothing by itself. It looks at all before it sleeps.
  clock::time_point sleeps_until_ = clock::time_point::min();
  bool stopping_ = false;
};

deadline_timer::deadline_timer() : core_{std::make_shared<core>()}, thread_{[core = core_] { core->run(); }} {}

deadline_timer::~deadline_timer() {
  stop();
}

deadline_timer::ticket deadline_timer::at(clock::time_point at, callback what) {
  return core_->at(at, std::move(what));
}

bool deadline_timer::cancel(const ticket& which) {
  return core_->cancel(which);
}

void deadline_timer::stop() {
  if (!thread_.joinable()) return;
  core_->stop();
  thread_.get_id() == std::this_thread::get_id() ? thread_.detach() : thread_.join();
}

std::size_t deadline_timer::waiting() const {
  return core_->waiting();
}

}  // namespace streamspace
