#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <streamspace/actors/lingering.hpp>

namespace streamspace {

class turn_ticket;

/// Where something has its turns.
enum class executor_kind : std::uint8_t {
  pool,  ///< On any of the pool's workers.
  own,   ///< On a thread of its own, since it was found blocking.
};

/// Something that wants turns on a thread now and then, one at a time. Whoever has its duty (see inbox) either takes
/// the turn or hands it to a turn_pool; nobody else touches it.
class turn_taker : public std::enable_shared_from_this<turn_taker> {
 public:
  turn_taker() = default;
  turn_taker(const turn_taker&) = delete;
  turn_taker& operator=(const turn_taker&) = delete;
  virtual ~turn_taker() = default;

  /// For logs.
  virtual const std::string& name() const noexcept = 0;

  /// Does a bounded piece of work, and less when the ticket says that it is spent.
  virtual void run_slice(turn_ticket& ticket) noexcept = 0;
  /// False when nothing is left and the duty is given back; true when another turn must follow.
  virtual bool end_turn() noexcept = 0;
  /// Takes the duty if nobody has it.
  virtual bool begin_turn() noexcept = 0;

  /// A thread that has nothing else to do may keep the duty for a moment after nothing is left, so that what comes next
  /// wakes nobody. Whoever wants to take a turn itself meanwhile takes the duty from it.
  ///
  /// A number to look again with; nothing when something is left, or the taker is not for this.
  virtual std::optional<std::uint32_t> linger() noexcept { return std::nullopt; }
  virtual lingering look_again(std::uint32_t /*number*/) noexcept { return lingering::over; }
  /// Gives the duty back: `due`, or `over`.
  virtual lingering end_linger(std::uint32_t /*number*/) noexcept { return lingering::over; }
  /// Its turn has not begun another item for so long. Called on the watchdog's thread again and again; must return at
  /// once.
  virtual void stands_still(std::chrono::milliseconds so_far) noexcept = 0;
  /// Whether it will never want a turn again.
  virtual bool has_ended() const noexcept = 0;

  executor_kind executor() const noexcept { return executor_.load(std::memory_order_relaxed); }

 private:
  friend class pool_thread;
  friend class turn_pool;

  std::atomic<executor_kind> executor_{executor_kind::pool};
  // The rest is of whoever has the duty.
  class pool_thread* own_ = nullptr;
  std::chrono::nanoseconds usual_turn_{1'000'000};  ///< How long its turns take lately.
  unsigned strikes_ = 0;                            ///< How often it has blocked lately.
  std::chrono::steady_clock::time_point last_strike_{};
};

}  // namespace streamspace
