#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <streamspace/actors/awaited_call.hpp>
#include <streamspace/actors/flight.hpp>
#include <streamspace/messages/delivery.hpp>
#include <streamspace/messages/tick_count.hpp>
#include <streamspace/plugins/sdk/registrations.hpp>

namespace streamspace {

/// Whoever waits within the runtime for longer is cut to this, so that no deadline is past what the clock can tell.
inline constexpr std::chrono::milliseconds longest_wait = std::chrono::hours{24 * 365};
constexpr std::chrono::milliseconds bounded_wait(std::chrono::milliseconds patience) noexcept {
  return std::clamp(patience, std::chrono::milliseconds{0}, longest_wait);
}

/// A synchronous emit: who waits for it, and what its deliveries came to. Shared by the waiter and by every delivery,
/// so it outlives whichever ends last. An answer takes no lock unless it is the last one. Thread-safe but for expect().
class sync_call final : public flight_owner, public awaited_call {
 public:
  using clock = std::chrono::steady_clock;

  /// `type` is the number of the event's type; `issuer` and `parent` as awaited_call takes them.
  sync_call(event&& e, event_type_number type, const void* issuer, awaited_call* parent);

  flight& what() noexcept { return flight_; }
  event_ptr share(const event& e) override;

  /// Makes room for so many deliveries.
  void reserve(std::size_t deliveries) { slots_.reserve(deliveries); }
  /// Something that lasts as long as the call, as what the targets live in may have to.
  void keep(std::shared_ptr<const void> owner) noexcept { owner_of_targets_ = std::move(owner); }
  /// Adds a delivery that will answer; its index. Before the first delivery leaves.
  std::uint32_t expect(subscription_ptr target) {
    slots_.emplace_back(std::move(target));
    open_.store(static_cast<std::uint32_t>(slots_.size()), std::memory_order_relaxed);
    return static_cast<std::uint32_t>(slots_.size() - 1);
  }
  /// The first answer of a delivery counts, later ones are ignored.
  void answer(std::uint32_t index, delivery_outcome outcome, std::string exception_type, std::string what) noexcept;
  void answer_handled(std::uint32_t index) noexcept;
  /// The same on the thread that is going to wait, for a delivery that never left it.
  void answer_handled_here(std::uint32_t index) noexcept;

  /// Blocks until all have answered or the deadline is reached; those without an answer are timeouts. Once, and
  /// instead of then().
  sync_report wait_until(clock::time_point deadline);
  /// For whoever is going to wait.
  bool all_answered() const noexcept { return open_.load(std::memory_order_acquire) == answered_here_; }
  /// Since the call was made.
  std::chrono::nanoseconds age() const noexcept { return time_until(tick_count()); }

  /// Calls `done` once, on whichever thread brings the last answer or calls expire(); in this call when that has
  /// happened. Nobody waits from then on.
  void then(std::function<void(sync_report)> done);
  /// The deadline is reached: who has not answered is a timeout. Also before then().
  void expire();

  /// The event stays in the event log until it is handled: what does not get through is told, and neither counted as
  /// dropped nor kept as a dead letter nor tried again by the plugin itself. Before the first delivery leaves.
  void mark_logged() noexcept { logged_ = true; }
  bool is_logged() const noexcept { return logged_; }

 private:
  enum class stage : std::uint8_t { open, writing, answered };
  struct failure {
    std::string exception_type;
    std::string what;
  };
  struct slot {
    explicit slot(subscription_ptr t) noexcept : target{std::move(t)} {}
    slot(slot&& other) noexcept : target{std::move(other.target)} {}  ///< While it is expected only.
    std::atomic<stage> at{stage::open};
    delivery_outcome outcome = delivery_outcome::timeout;
    std::uint64_t answered_at = 0;  ///< In ticks.
    subscription_ptr target;
    std::unique_ptr<failure> why;  ///< Null when it was handled.
  };

  std::chrono::nanoseconds time_until(std::uint64_t ticks) const noexcept {
    // Counts of other processors may be a little behind.
    const auto passed = std::max<std::int64_t>(static_cast<std::int64_t>(ticks - started_), 0);
    return std::chrono::nanoseconds{static_cast<std::int64_t>(static_cast<double>(passed) * nanoseconds_per_tick())};
  }
  bool begin_answer(slot& s, delivery_outcome outcome) noexcept;
  void end_answer(slot& s) noexcept;

  sync_report collect();
  void finish();

  void keep_alive() noexcept override { retain(1); }
  void let_go() noexcept override { release(); }

  flight flight_;
  const std::uint64_t started_ = tick_count();
  std::shared_ptr<const void> owner_of_targets_;
  std::vector<slot> slots_;
  std::atomic<std::uint32_t> open_{0};
  std::uint32_t answered_here_ = 0;  ///< Of the open ones; the waiter's own count.
  std::mutex mutex_;
  std::condition_variable all_answered_;
  std::function<void(sync_report)> done_;
  bool expired_ = false;
  bool logged_ = false;
};

inline sync_call* flight::call() const noexcept {
  return kind_ == kind::call ? static_cast<sync_call*>(owner_) : nullptr;
}

}  // namespace streamspace
