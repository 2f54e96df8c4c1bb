#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include <streamspace/actors/awaited_call.hpp>
#include <streamspace/messages/error.hpp>
#include <streamspace/plugins/sdk/service_port.hpp>

namespace streamspace {

/// One call of a plugin's service, shared by whoever waits for it and the turn that handles it. Thread-safe.
class service_call final : public awaited_call {
 public:
  using clock = std::chrono::steady_clock;
  using callback = std::function<void(result<void>)>;

  struct reference {
    void operator()(service_call* call) const noexcept { call->let_go(); }
  };
  using ptr = std::unique_ptr<service_call, reference>;

  /// `issuer` and `parent` as awaited_call takes them.
  static ptr make(service_request what, const void* issuer = nullptr, awaited_call* parent = nullptr) {
    return ptr{new service_call{std::move(what), issuer, parent}};
  }
  ptr share() noexcept {
    keep_alive();
    return ptr{this};
  }

  /// Of the one that begins it.
  const service_request& what() const noexcept { return what_; }
  /// Whether it is to be done: false when it has been answered, as at its deadline.
  bool begin();
  /// The first answer counts, later ones are ignored. By whoever has it in hand, begun or not.
  void answer(result<void> with);
  /// The deadline is reached.
  void expire();

  bool is_answered() const;
  /// Blocks until it is answered or the deadline is reached. Once, and instead of then().
  result<void> wait_until(clock::time_point deadline);
  /// Calls `done` once, on whichever thread brings the answer or calls expire(); in this call when that has happened.
  /// Nobody waits from then on.
  void then(callback done);

 private:
  enum class stage : std::uint8_t { waiting, begun, answered };

  service_call(service_request what, const void* issuer, awaited_call* parent) noexcept
      : awaited_call{issuer, parent}, what_{std::move(what)} {}
  ~service_call() override = default;

  void keep_alive() noexcept override { references_.fetch_add(1, std::memory_order_relaxed); }
  void let_go() noexcept override {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  /// When it has not been answered. Locked.
  result<void> too_late() const;
  void settle(std::unique_lock<std::mutex> lock, result<void> with);

  service_request what_;
  std::atomic<std::uint32_t> references_{1};
  mutable std::mutex mutex_;
  std::condition_variable answered_;
  stage now_ = stage::waiting;
  std::optional<result<void>> answer_;
  callback done_;
};

/// A call on its way to the plugin that is to do it. Destroyed unhandled, it answers that the plugin has ended.
class service_delivery {
 public:
  explicit service_delivery(service_call::ptr call) noexcept : call_{std::move(call)} {}
  service_delivery(service_delivery&&) noexcept = default;
  service_delivery& operator=(service_delivery&& other) noexcept {
    std::swap(call_, other.call_);
    return *this;
  }
  ~service_delivery();

  service_call& call() const noexcept { return *call_; }

 private:
  service_call::ptr call_;
};

}  // namespace streamspace
