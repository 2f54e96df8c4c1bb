#pragma once

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
      : of_{&of}, target_{target}, index_{index & 0xFF'FFFFU}, bytes_{of.bytes()} {}
  event_delivery(event_delivery&& other) noexcept
      : of_{std::exchange(other.of_, nullptr)},
        target_{other.target_},
        index_{other.index_},
        attempts_{other.attempts_},
        bytes_{other.bytes_} {}
  event_delivery& operator=(event_delivery&& other) noexcept {
    event_delivery taken{std::move(other)};
    std::swap(of_, taken.of_);
    std::swap(target_, taken.target_);
    const auto index = index_;
    const auto attempts = attempts_;
    index_ = taken.index_;
    attempts_ = taken.attempts_;
    taken.index_ = index;
    taken.attempts_ = attempts;
    std::swap(bytes_, taken.bytes_);
    return *this;
  }
  ~event_delivery() {
    if (!of_) return;
    if (of_->call()) answer(delivery_outcome::terminated, {}, "the plugin ended before it handled the event");
    of_->release();
  }

  const event& what() const noexcept { return of_->what(); }
  const event_ptr& shared_event() const noexcept { return of_->shared_event(); }
  subscription_key target() const noexcept { return target_; }
  std::uint32_t bytes() const noexcept { return bytes_; }
  /// How often its handler was called and did not handle it.
  unsigned attempts() const noexcept { return attempts_; }
  void count_attempt() noexcept { ++attempts_; }
  sync_call* call() const noexcept { return of_->call(); }

  /// Tells the synchronous emit, if there is one.
  void answer(delivery_outcome outcome, std::string exception_type = {}, std::string why = {}) {
    if (auto* waiting = of_->call()) waiting->answer(index_, outcome, std::move(exception_type), std::move(why));
  }
  /// Handled well: tells the synchronous emit and lets go of the event.
  void settle() noexcept {
    if (auto* waiting = of_->call()) waiting->answer_handled(index_);
    std::exchange(of_, nullptr)->release();
  }

 private:
  flight* of_;
  subscription_key target_;
  std::uint32_t index_ : 24;
  std::uint32_t attempts_ : 8 = 0;
  std::uint32_t bytes_;
};

}  // namespace streamspace
