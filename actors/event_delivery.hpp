#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include <streamspace/actors/flight.hpp>
#include <streamspace/actors/sync_call.hpp>
#include <streamspace/plugins/sdk/registrations.hpp>

namespace streamspace {

/// An event on its way to one subscription of one plugin. Destroyed before it was handled, it reports `terminated` to
/// the synchronous emit it belongs to, so nobody waits for a plugin that is gone.
class event_delivery {
 public:
  /// Takes over one reference to the flight. `index` is what sync_call::expect gave, if it is a call.
  event_delivery(flight& of, subscription_key target, std::uint32_t index = 0) noexcept
      : of_{&of}, target_{target}, packed_{std::uint64_t{of.bytes()} << 32U | (index & 0xFF'FFFFU) << 8U} {}
  event_delivery(event_delivery&& other) noexcept : of_{other.take()}, target_{other.target_}, packed_{other.packed_} {}
  event_delivery& operator=(event_delivery&& other) noexcept {
    event_delivery taken{std::move(other)};
    auto* const mine = take();
    of_.store(taken.take(), std::memory_order_relaxed);
    taken.of_.store(mine, std::memory_order_relaxed);
    std::swap(target_, taken.target_);
    std::swap(packed_, taken.packed_);
    return *this;
  }
  ~event_delivery() {
    if (!of_.load(std::memory_order_relaxed)) return;
    if (call()) answer(delivery_outcome::terminated, {}, "the plugin ended before it handled the event");
    of().owner().release();
  }

  const event& what() const noexcept { return of().what(); }
  event_ptr shared_event() const { return of().owner().share(what()); }
  event_type_number type() const noexcept { return of().type(); }
  subscription_key target() const noexcept { return target_; }
  std::uint32_t bytes() const noexcept { return static_cast<std::uint32_t>(packed_ >> 32U); }
  /// How often its handler was called and did not handle it.
  unsigned attempts() const noexcept { return packed_ & 0xFFU; }
  void count_attempt() noexcept { ++packed_; }
  sync_call* call() const noexcept { return of().call(); }
  /// Whether the event log has it until it is handled (sync_call::mark_logged).
  bool is_logged() const noexcept {
    const auto* const waiting = call();
    return waiting && waiting->is_logged();
  }
  /// It may be handled soon. Also while another thread takes it away.
  void expect() const noexcept { flight::expect(of_.load(std::memory_order_relaxed)); }

  /// Tells the synchronous emit, if there is one.
  void answer(delivery_outcome outcome, std::string exception_type = {}, std::string why = {}) {
    if (auto* waiting = call()) waiting->answer(index(), outcome, std::move(exception_type), std::move(why));
  }
  /// Handled well: tells the synchronous emit, and hands the reference to the flight over to `done`.
  void settle(flight_releases& done) noexcept {
    if (auto* waiting = call()) waiting->answer_handled(index());
    done.add(take()->owner());
  }
  /// The same on the thread of the synchronous emit, which it never left.
  void settle_here(flight_releases& done) noexcept {
    call()->answer_handled_here(index());
    done.add(take()->owner());
  }

 private:
  flight& of() const noexcept { return *of_.load(std::memory_order_relaxed); }
  flight* take() noexcept {
    auto* const taken = of_.load(std::memory_order_relaxed);
    of_.store(nullptr, std::memory_order_relaxed);
    return taken;
  }
  std::uint32_t index() const noexcept { return static_cast<std::uint32_t>(packed_ >> 8U) & 0xFF'FFFFU; }

  std::atomic<flight*> of_;  ///< Null once it was moved from or settled. Atomic for expect() only.
  subscription_key target_;
  std::uint64_t
      packed_;  ///< Bytes (32 bits), index (24), attempts (8): in one piece, as deliveries are moved so often.
};

}  // namespace streamspace
