#include <algorithm>

#include <streamspace/actors/storage_quota.hpp>
#include <streamspace/persistence/storage_sql.hpp>
#include <streamspace/plugins/sdk/blocking_scope.hpp>

namespace streamspace {

namespace {

/// For a sum over all that a plugin has stored: a second for some hundred megabytes.
constexpr sql_deadline longest_measurement{120'000};

}  // namespace

storage_account::room storage_quota::demand_room(const std::vector<std::string>& keys, std::uint64_t bytes) {
  return demand(keys, bytes, [bytes](std::uint64_t replaced) {
    return static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(replaced);
  });
}

storage_account::room storage_quota::demand_room_for_number(const std::string& key) {
  const auto bytes = stored_bytes_of_number(key);
  return demand({key}, bytes, [bytes](std::uint64_t present) {
    return present > 0 ? std::int64_t{0} : static_cast<std::int64_t>(bytes);
  });
}

template <class Growth>
storage_account::room storage_quota::demand(const std::vector<std::string>& keys, std::uint64_t bytes,
                                            Growth growth_over) {
  if (auto found = account_->take_room_quickly(bytes)) return std::move(*found);
  if (!account_->known()) {
    measure();
    if (auto found = account_->take_room_quickly(bytes)) return std::move(*found);
  }
  const auto replaced = read_stored_count(database_->execute(measure_stored(plugin_, keys), deadline_));
  const auto growth = growth_over(replaced);
  if (auto found = account_->take_room(growth)) return std::move(*found);
  // What is more than all of it fits nowhere, whatever is measured.
  if (growth <= static_cast<std::int64_t>(account_->quota())) measure();
  if (auto found = account_->take_room(growth)) return std::move(*found);
  throw account_->refusal(plugin_, growth);
}

void storage_quota::measure() {
  const blocking_scope waits;
  std::lock_guard lock{measuring_};
  if (!account_->may_be_less(storage_account::clock::now())) return;
  const auto begun = account_->begin_measuring(storage_account::clock::now());
  const auto bytes =
      read_stored_count(database_->execute(measure_stored(plugin_), std::max(deadline_, longest_measurement)));
  account_->measured(begun, bytes, storage_account::clock::now());
}

}  // namespace streamspace
