#include <algorithm>

#include <streamspace/actors/storage_account.hpp>

namespace streamspace {

namespace {

/// The part of the quota that is given out only to those who know exactly what they need.
constexpr std::int64_t part_with_care = 16;
constexpr std::chrono::seconds short_while{1};
/// Measuring takes the database no more than this part of the time.
constexpr int part_to_measure = 50;

}  // namespace

storage_account::storage_account(std::uint64_t quota)
    : quota_{static_cast<std::int64_t>(std::min(quota, std::uint64_t{1} << 62U))} {}

std::optional<storage_account::room> storage_account::take_room_quickly(std::uint64_t bytes) {
  std::lock_guard lock{mutex_};
  const auto left = quota_ - quota_ / part_with_care - total();
  if (!known_ || left < 0 || bytes > static_cast<std::uint64_t>(left)) return std::nullopt;
  ++guesses_;
  const auto taken = static_cast<std::int64_t>(bytes);
  in_flight_ += taken;
  return room{*this, taken};
}

std::optional<storage_account::room> storage_account::take_room(std::int64_t growth) {
  std::lock_guard lock{mutex_};
  if (growth > 0 && (!known_ || growth > quota_ - total())) return std::nullopt;
  in_flight_ += std::max<std::int64_t>(growth, 0);
  return room{*this, growth};
}

void storage_account::settle(std::int64_t bytes, bool written) {
  std::lock_guard lock{mutex_};
  const auto grown = std::max<std::int64_t>(bytes, 0);
  in_flight_ -= grown;
  if (!written) return;
  rows_ = std::max<std::int64_t>(rows_ + bytes, 0);
  written_ += grown;
  ++changes_;
}

void storage_account::free(std::uint64_t bytes) {
  std::lock_guard lock{mutex_};
  rows_ = std::max<std::int64_t>(rows_ - static_cast<std::int64_t>(bytes), 0);
  ++changes_;
}

void storage_account::forget() {
  std::lock_guard lock{mutex_};
  known_ = false;
}

bool storage_account::known() const {
  std::lock_guard lock{mutex_};
  return known_;
}

bool storage_account::may_be_less(clock::time_point now) const {
  std::lock_guard lock{mutex_};
  return !known_ || guesses_ != last_.guesses ||
         now - measured_at_ >= std::max<clock::duration>(short_while, 2 * measuring_took_);
}

bool storage_account::to_be_measured(clock::time_point now) const {
  std::lock_guard lock{mutex_};
  return known_ && changes_ != last_.changes && now - measured_at_ >= part_to_measure * measuring_took_;
}

storage_account::measurement storage_account::begin_measuring(clock::time_point now) const {
  std::lock_guard lock{mutex_};
  return {now, written_, guesses_, changes_};
}

void storage_account::measured(const measurement& begun, std::uint64_t bytes, clock::time_point now) {
  std::lock_guard lock{mutex_};
  // What was written meanwhile may be in the measurement or not.
  rows_ = static_cast<std::int64_t>(bytes) + (written_ - begun.written);
  known_ = true;
  last_ = begun;
  measured_at_ = now;
  measuring_took_ = now - begun.begun;
}

void storage_account::set_tables(std::uint64_t bytes) {
  std::lock_guard lock{mutex_};
  tables_ = static_cast<std::int64_t>(bytes);
}

std::uint64_t storage_account::used() const {
  std::lock_guard lock{mutex_};
  return static_cast<std::uint64_t>(total());
}

error storage_account::refusal(const std::string& plugin, std::int64_t growth) const {
  std::lock_guard lock{mutex_};
  auto message = "the storage of plugin " + plugin + " is full: of " + std::to_string(quota_) + " bytes " +
                 std::to_string(total()) + " are used";
  if (tables_ > 0) message += ", " + std::to_string(tables_) + " of them by its tables";
  message += ", and this needs " + std::to_string(growth) +
             " more; remove what is not needed, or have the quota raised (runtime_options::plugin_storage_quota, "
             "resources.storageBytes in the manifest)";
  return {ec::quota_exceeded,
          std::move(message),
          {{"used", std::to_string(total())}, {"quota", std::to_string(quota_)}, {"needed", std::to_string(growth)}}};
}

}  // namespace streamspace
