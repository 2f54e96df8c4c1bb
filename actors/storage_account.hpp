#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <streamspace/messages/error.hpp>

namespace streamspace {

/// What a plugin's storage takes of its quota, as far as one host knows: what was measured, and what has been written
/// and removed since. What is written over a key counts as if nothing had been there, unless the writer knows better,
/// so this is more than the truth rather than less; where that matters, near the quota, the writer has to know, or to
/// measure again. Thread-safe; asks nobody.
class storage_account {
 public:
  using clock = std::chrono::steady_clock;

  /// Room that is set aside for a write until it is known what came of that. Not longer than the account.
  class room {
   public:
    room(room&& other) noexcept : of_{std::exchange(other.of_, nullptr)}, bytes_{other.bytes_} {}
    room& operator=(room&&) = delete;
    /// Gives it back, if it is not used.
    ~room() {
      if (of_) of_->settle(bytes_, false);
    }
    /// It was written.
    void use() { std::exchange(of_, nullptr)->settle(bytes_, true); }

   private:
    friend class storage_account;
    room(storage_account& of, std::int64_t bytes) : of_{&of}, bytes_{bytes} {}

    storage_account* of_;
    std::int64_t bytes_;
  };

  /// At least 1.
  explicit storage_account(std::uint64_t quota);
  storage_account(const storage_account&) = delete;
  storage_account& operator=(const storage_account&) = delete;

  /// Room for rows of so many bytes, whatever they replace. Nothing when the account is not known or nearly full: then
  /// take_room() is to be asked.
  std::optional<room> take_room_quickly(std::uint64_t bytes);
  /// Room for growing by so many bytes, which may be less than none. Nothing when it does not fit; what does not grow
  /// always fits.
  std::optional<room> take_room(std::int64_t growth);
  /// So many bytes were removed.
  void free(std::uint64_t bytes);
  /// Something was removed, nobody knows how much: nothing is known until the next measurement.
  void forget();

  bool known() const;
  /// Whether a measurement may find less than is accounted for, so that nothing may be refused before one. False for a
  /// second after a measurement if all that was written since is known exactly; what others remove, and what expires,
  /// is seen after that second.
  bool may_be_less(clock::time_point now) const;
  /// Whether there were changes since the last measurement and that is long enough ago for what it took, so that others
  /// who write to the same storage are noticed.
  bool to_be_measured(clock::time_point now) const;

  /// What was the case when a measurement began, for measured().
  struct measurement {
    clock::time_point begun;
    std::int64_t written = 0;
    std::uint64_t guesses = 0;
    std::uint64_t changes = 0;
  };
  measurement begin_measuring(clock::time_point now) const;
  /// It found so many bytes of rows.
  void measured(const measurement& begun, std::uint64_t bytes, clock::time_point now);
  /// So much was found elsewhere that counts against the same quota: in the plugin's tables.
  void set_tables(std::uint64_t bytes);

  /// All that is accounted for.
  std::uint64_t used() const;
  std::uint64_t quota() const noexcept { return static_cast<std::uint64_t>(quota_); }

  /// quota_exceeded, for growing by so many bytes; facts: used, quota, needed.
  error refusal(const std::string& plugin, std::int64_t growth) const;

 private:
  void settle(std::int64_t bytes, bool written);
  std::int64_t total() const { return rows_ + in_flight_ + tables_; }

  const std::int64_t quota_;
  mutable std::mutex mutex_;
  bool known_ = false;
  std::int64_t rows_ = 0;
  std::int64_t in_flight_ = 0;
  std::int64_t tables_ = 0;
  std::int64_t written_ = 0;   ///< All that rows have grown by, ever.
  std::uint64_t guesses_ = 0;  ///< How often room was taken quickly, ever.
  std::uint64_t changes_ = 0;  ///< How often something was written or removed, ever.
  measurement last_;
  clock::time_point measured_at_{};
  clock::duration measuring_took_{};
};

}  // namespace streamspace
