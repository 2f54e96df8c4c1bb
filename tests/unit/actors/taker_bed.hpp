#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <support/errors.hpp>

#include <streamspace/actors/turn_pool.hpp>
#include <streamspace/actors/turn_ticket.hpp>

namespace streamspace::testing {

/// Has items; handles one a turn.
class taker final : public turn_taker {
 public:
  using work = std::function<void(turn_ticket&)>;

  explicit taker(work w = {}, std::string name = "taker") : name_{std::move(name)}, work_{std::move(w)} {}

  /// Adds items and hands the duty, if it falls to the caller, to the pool.
  void give(turn_pool& pool, int items = 1) {
    if (add(items)) pool.submit(shared_from_this());
  }
  /// Whether the caller has the duty now.
  bool add(int items = 1) {
    std::lock_guard lock{mutex_};
    items_ += items;
    return !std::exchange(duty_taken_, true);
  }
  /// No turn after the next.
  void end() { ended_ = true; }

  const std::string& name() const noexcept override { return name_; }
  void run_slice(turn_ticket& ticket) noexcept override {
    if (in_turn_.fetch_add(1) != 0) alone_ = false;
    {
      std::lock_guard lock{mutex_};
      if (items_ > 0) --items_;
    }
    ticket.count_item();
    if (work_) work_(ticket);
    ++unguarded_;
    in_turn_.fetch_sub(1);
    ++turns_;
  }
  bool end_turn() noexcept override {
    std::lock_guard lock{mutex_};
    return duty_taken_ = items_ > 0;
  }
  bool begin_turn() noexcept override {
    std::lock_guard lock{mutex_};
    return !std::exchange(duty_taken_, true);
  }
  std::optional<std::uint32_t> linger() noexcept override {
    std::lock_guard lock{mutex_};
    if (!may_linger_ || items_ > 0) return std::nullopt;
    return lingers_ = ++last_linger_;
  }
  lingering look_again(std::uint32_t number) noexcept override {
    std::lock_guard lock{mutex_};
    if (lingers_ != number) return lingering::over;
    if (items_ == 0) return lingering::idle;
    lingers_ = 0;
    return lingering::due;
  }
  lingering end_linger(std::uint32_t number) noexcept override {
    std::lock_guard lock{mutex_};
    if (lingers_ != number) return lingering::over;
    lingers_ = 0;
    duty_taken_ = items_ > 0;
    return duty_taken_ ? lingering::due : lingering::over;
  }
  /// From now on a worker may keep the duty when nothing is left.
  void let_linger() { may_linger_ = true; }
  bool lingers() const {
    std::lock_guard lock{mutex_};
    return lingers_ != 0;
  }
  /// Takes the duty from a worker that lingers.
  bool take_from_lingering() {
    std::lock_guard lock{mutex_};
    return std::exchange(lingers_, 0) != 0;
  }
  void stands_still(std::chrono::milliseconds /*so_far*/) noexcept override { stood_still_ = true; }
  bool has_ended() const noexcept override { return ended_; }

  int turns() const { return turns_; }
  bool had(int turns) const {
    return eventually([&] { return turns_ >= turns; });
  }
  bool stood_still() const { return stood_still_; }
  bool alone() const { return alone_; }

 private:
  const std::string name_;
  const work work_;
  mutable std::mutex mutex_;
  std::atomic<bool> may_linger_{false};
  std::uint32_t lingers_ = 0;
  std::uint32_t last_linger_ = 0;
  int items_ = 0;
  bool duty_taken_ = false;
  std::atomic<bool> ended_{false};
  std::atomic<bool> stood_still_{false};
  std::atomic<int> in_turn_{0};
  std::atomic<int> turns_{0};
  std::atomic<bool> alone_{true};
  int unguarded_ = 0;  ///< A sanitizer sees it if two turns touch it.
};

inline std::shared_ptr<taker> make_taker(taker::work w = {}, std::string name = "taker") {
  return std::make_shared<taker>(std::move(w), std::move(name));
}

/// With a watchdog that does not come by while the test runs.
inline turn_pool_options unwatched(std::size_t workers) {
  turn_pool_options options;
  options.workers = workers;
  options.tick = std::chrono::hours{1};
  return options;
}
inline turn_pool_options with_workers(std::size_t workers) {
  turn_pool_options options;
  options.workers = workers;
  return options;
}

/// Opens at the latest when it goes, so that a failed test does not hang.
class gate {
 public:
  ~gate() { open(); }
  void open() {
    if (!opened_.exchange(true)) latch_.count_down();
  }
  void wait() const { latch_.wait(); }

 private:
  std::atomic<bool> opened_{false};
  std::latch latch_{1};
};

}  // namespace streamspace::testing
