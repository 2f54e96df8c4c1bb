#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include <streamspace/messages/event.hpp>

namespace streamspace {

class sync_call;

/// One emit: the event, and what all its deliveries share. Counted by hand, so that an emit to many takes all their
/// references at once. Never changes but for the count.
class flight {
 public:
  /// Begins with one reference, the emitter's.
  explicit flight(event_ptr e) : flight{std::move(e), nullptr} {}
  flight(const flight&) = delete;
  flight& operator=(const flight&) = delete;
  virtual ~flight() = default;  ///< By release(), of the last reference.

  const event& what() const noexcept { return *what_; }
  const event_ptr& shared_event() const noexcept { return what_; }
  /// What it counts for in an inbox; approximate.
  std::uint32_t bytes() const noexcept { return bytes_; }
  /// The synchronous emit that this is; null for an asynchronous one.
  sync_call* call() noexcept { return call_; }

  void retain(std::uint32_t references) noexcept { references_.fetch_add(references, std::memory_order_relaxed); }
  void release(std::uint32_t references = 1) noexcept {
    if (references_.fetch_sub(references, std::memory_order_acq_rel) == references) delete this;
  }

 protected:
  flight(event_ptr e, sync_call* call)
      : what_{std::move(e)}, call_{call}, bytes_{static_cast<std::uint32_t>(what_->footprint())} {}

 private:
  const event_ptr what_;
  sync_call* const call_;
  const std::uint32_t bytes_;
  std::atomic<std::uint32_t> references_{1};
};

}  // namespace streamspace
