#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include <streamspace/actors/event_type_number.hpp>
#include <streamspace/actors/prefetch.hpp>
#include <streamspace/messages/event.hpp>

namespace streamspace {

class sync_call;

/// What flights live in until nobody refers to any of them any more. Counted by hand, so that many references are taken
/// or given back at once.
class flight_owner {
 public:
  flight_owner(const flight_owner&) = delete;
  flight_owner& operator=(const flight_owner&) = delete;

  void retain(std::uint32_t references) noexcept { references_.fetch_add(references, std::memory_order_relaxed); }
  /// The same while nobody else has one: costs nothing.
  void retain_alone(std::uint32_t references) noexcept {
    references_.store(references_.load(std::memory_order_relaxed) + references, std::memory_order_relaxed);
  }
  void release(std::uint32_t references = 1) noexcept {
    if (references_.fetch_sub(references, std::memory_order_acq_rel) == references) delete this;
  }

  /// An event of one of its flights, for whoever keeps it longer than a delivery does.
  virtual event_ptr share(const event& e) = 0;

 protected:
  explicit flight_owner(std::uint32_t references) noexcept : references_{references} {}
  virtual ~flight_owner() = default;  ///< By release(), of the last reference.

 private:
  std::atomic<std::uint32_t> references_;
};

/// One emit: the event, and what all its deliveries share. Never changes. What a delivery looks at lies in front, and
/// the whole in two cache lines, for both are taken from the processor of the emitter.
class alignas(64) flight {
 public:
  /// What an owner lays down: events that nobody waits for, or the one of a synchronous emit, which the owner is then.
  enum class kind : std::uint8_t { events, call };

  flight(flight_owner& owner, kind k, event_type_number type, event&& e, std::uint32_t bytes) noexcept
      : owner_{&owner}, bytes_{bytes}, type_{type}, kind_{k}, what_{std::move(e)} {}
  flight(flight_owner& owner, kind k, event_type_number type, event&& e) noexcept
      : flight{owner, k, type, std::move(e), static_cast<std::uint32_t>(e.footprint())} {}
  flight(const flight&) = delete;
  flight& operator=(const flight&) = delete;

  const event& what() const noexcept { return what_; }
  /// Of the event's type.
  event_type_number type() const noexcept { return type_; }
  flight_owner& owner() const noexcept { return *owner_; }
  /// The synchronous emit that this is, null for an asynchronous one.
  sync_call* call() const noexcept;
  /// What it counts for in an inbox; approximate.
  std::uint32_t bytes() const noexcept { return bytes_; }
  /// It may be looked at soon. Any address will do.
  static void expect(const flight* f) noexcept { prefetch(f); }

 private:
  flight_owner* owner_;
  std::uint32_t bytes_;
  event_type_number type_;
  kind kind_;
  const event what_;
};
static_assert(sizeof(flight) == 128);

/// Gives references back in runs, as those of one owner often come one after the other.
class flight_releases {
 public:
  flight_releases() = default;
  flight_releases(const flight_releases&) = delete;
  flight_releases& operator=(const flight_releases&) = delete;
  ~flight_releases() { flush(); }

  void add(flight_owner& owner) noexcept {
    if (&owner != owner_) {
      flush();
      owner_ = &owner;
    }
    ++references_;
  }
  void flush() noexcept {
    if (references_ > 0) owner_->release(std::exchange(references_, 0));
    owner_ = nullptr;
  }

 private:
  flight_owner* owner_ = nullptr;
  std::uint32_t references_ = 0;
};

}  // namespace streamspace
