#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <streamspace/messages/delivery.hpp>

namespace streamspace {

/// One synchronous emit: who is waiting, and what its deliveries came to. Shared by the waiter and by every delivery's
/// claim, so it outlives whichever ends last. Thread-safe.
class sync_call {
 public:
  using clock = std::chrono::steady_clock;

  /// `issuer` is the plugin in whose turn the call was made (null outside of one), `parent` the call that this turn was
  /// handling.
  sync_call(const void* issuer, std::shared_ptr<sync_call> parent, clock::time_point started)
      : issuer_{issuer}, parent_{std::move(parent)}, started_{started} {}

  /// Adds a delivery that will answer; its index. Before the first wait.
  std::size_t expect(std::string plugin, std::string subscription);
  /// The first answer of a delivery counts, later ones are ignored.
  void answer(std::size_t index, delivery_outcome outcome, std::string exception_type, std::string what);
  /// Blocks until all have answered or the deadline is reached; those without an answer are timeouts.
  sync_report wait_until(clock::time_point deadline);

  /// Whether `plugin` waits now, directly or through others, for the work that this call hands out.
  bool is_awaited_by(const void* plugin) const noexcept;

 private:
  const void* issuer_;
  std::shared_ptr<sync_call> parent_;
  clock::time_point started_;
  std::mutex mutex_;
  std::condition_variable all_answered_;
  sync_report report_;
  std::vector<bool> answered_;
  std::size_t open_ = 0;
  std::atomic<bool> awaited_{true};  ///< Until the waiter has its report.
};

/// A delivery's duty to answer its sync_call. Destroyed without an answer it reports `terminated`, so nobody waits for
/// a plugin that is gone.
class sync_claim {
 public:
  sync_claim() = default;
  sync_claim(std::shared_ptr<sync_call> call, std::size_t index) : call_{std::move(call)}, index_{index} {}
  sync_claim(sync_claim&&) = default;
  sync_claim& operator=(sync_claim&& other) noexcept;
  ~sync_claim();

  void answer(delivery_outcome outcome, std::string exception_type = {}, std::string what = {});
  explicit operator bool() const noexcept { return call_ != nullptr; }
  const std::shared_ptr<sync_call>& call() const noexcept { return call_; }

 private:
  std::shared_ptr<sync_call> call_;
  std::size_t index_ = 0;
};

}  // namespace streamspace
