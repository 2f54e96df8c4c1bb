#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <streamspace/actors/event_type_number.hpp>
#include <streamspace/actors/hashed_text.hpp>
#include <streamspace/actors/latency_histogram.hpp>
#include <streamspace/actors/stripes.hpp>
#include <streamspace/messages/event_figures.hpp>

namespace streamspace {

/// Counts what becomes of the events of one type. Thread-safe; no call waits.
class event_type_metrics {
 public:
  event_type_metrics(const hashed_text& type, event_type_number number)
      : code_{type.code}, type_{type.text}, number_{number} {}
  event_type_metrics(const event_type_metrics&) = delete;
  event_type_metrics& operator=(const event_type_metrics&) = delete;
  ~event_type_metrics();

  bool is(const hashed_text& type) const noexcept { return code_ == type.code && is_same_text(type_, type.text); }
  event_type_number number() const noexcept { return number_; }
  const std::string& type() const noexcept { return type_; }

  /// Whether the event log keeps events of this type.
  bool is_logged() const noexcept { return logged_.load(std::memory_order_relaxed); }
  void set_logged(bool wanted) noexcept { logged_.store(wanted, std::memory_order_relaxed); }

  /// By any number of threads at once, which do not slow down each other.
  void count_emitted() noexcept { emitted_.mine().add(1); }

  // Best for many at once: all threads add to the same counts.
  void add_delivered(std::uint64_t n) noexcept { delivered_.fetch_add(n, std::memory_order_relaxed); }
  void add_failed(std::uint64_t n) noexcept { failed_.fetch_add(n, std::memory_order_relaxed); }
  void add_dropped(std::uint64_t n) noexcept { dropped_.fetch_add(n, std::memory_order_relaxed); }
  void add_retried(std::uint64_t n) noexcept { retried_.fetch_add(n, std::memory_order_relaxed); }

  // The first call of each makes its histogram, of 5 KiB.
  void record_wait(std::chrono::nanoseconds latency) { of(wait_).record(latency); }
  void record_handling(std::chrono::nanoseconds latency) { of(handling_).record(latency); }

  event_type_figures figures() const;

 private:
  using histogram = std::atomic<shared_latency_histogram*>;

  static shared_latency_histogram& of(histogram& lazy) {
    auto* const made = lazy.load(std::memory_order_acquire);
    return made ? *made : make(lazy);
  }
  static shared_latency_histogram& make(histogram& lazy);

  // What a look-up reads lies in one cache line, together with the end of types of up to 15 characters.
  alignas(64) const std::size_t code_;
  const std::string type_;
  const event_type_number number_;
  std::atomic<bool> logged_{false};
  histogram wait_{nullptr};
  histogram handling_{nullptr};
  alignas(64) std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> retried_{0};
  stripes emitted_;
};

class event_metrics;

/// Adds up what one turn after the other handles well, for events of one type often come in a row. One thread at a
/// time.
class delivered_run {
 public:
  explicit delivered_run(event_metrics& figures) noexcept : figures_{figures} {}

  void add(event_type_number type) noexcept {
    if (type != type_) {
      flush();
      type_ = type;
    }
    ++delivered_;
  }
  void flush() noexcept;

 private:
  event_metrics& figures_;
  event_type_number type_ = event_type_number::other;
  std::uint64_t delivered_ = 0;
};

/// Figures of the bus by event type. Bounded: so many types have figures of their own, and all others share those of
/// `other`, as plugins can invent types without end. A type takes 1.2 KiB, and 10 KiB more once its latencies are
/// recorded. Thread-safe.
class event_metrics {
 public:
  static constexpr std::size_t usual_types = 1'024;
  static constexpr std::string_view other = "(other)";  ///< No event type can have this name.

  /// As many as there are numbers at most.
  explicit event_metrics(std::size_t most_types = usual_types);

  /// Those of this type, valid for as long as this object. Takes a lock and memory only for a type that is new.
  event_type_metrics& of(const hashed_text& type);
  /// Those that have this number; those of `other` when none has.
  event_type_metrics& of(event_type_number number) noexcept {
    const auto at = static_cast<std::size_t>(number);
    auto* const known = at < numbered_.size() ? numbered_[at].load(std::memory_order_acquire) : nullptr;
    return known ? *known : other_;
  }

  /// Which types the event log keeps, from now on; those of `other` are marked when there are any.
  void mark_logged(std::vector<std::string> patterns);

  /// Of every type that was asked for, sorted by type; of `other` once something was counted there. Holds up nobody.
  std::vector<event_type_figures> snapshot() const;

 private:
  /// A look-up compares so many types at most, however plugins choose theirs.
  static constexpr std::size_t longest_probe = 32;

  using place = std::atomic<event_type_metrics*>;

  event_type_metrics& add(const hashed_text& type);
  bool is_logged(std::string_view type) const;

  const std::size_t most_types_;
  /// An open-addressing table with a power of two of places, a quarter of which is used at most. A place is filled
  /// once and never changes again.
  std::vector<place> places_;
  std::atomic<bool> full_{false};
  event_type_metrics other_{other, event_type_number::other};
  std::vector<place> numbered_;  ///< A place is filled before its number is given out.
  std::mutex adding_;
  std::deque<event_type_metrics> types_;      ///< Under the lock.
  std::vector<std::string> logged_patterns_;  ///< Under the lock.
};

}  // namespace streamspace
