#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <streamspace/actors/storage_account.hpp>
#include <streamspace/messages/sql.hpp>

namespace streamspace {

/// Refuses what would take more room than a plugin's storage may have. Most writes are weighed against the account
/// alone; the database is asked what the plugin's rows take before the first one, before one is refused, and, by its
/// keys, for each one near the quota. So one host keeps to the quota but for what is written at the same moment; what
/// other hosts write it sees when it measures again. Thread-safe.
class storage_quota {
 public:
  storage_quota(std::string plugin, std::shared_ptr<storage_account> account, std::shared_ptr<sql_executor> database,
                sql_deadline deadline)
      : plugin_{std::move(plugin)}, account_{std::move(account)}, database_{std::move(database)}, deadline_{deadline} {}

  /// Room for rows of so many bytes together in the places of these keys. May block. Errors: quota_exceeded, and those
  /// of the database.
  storage_account::room demand_room(const std::vector<std::string>& keys, std::uint64_t bytes);
  /// Room for a number that is added to. One that is there takes no more.
  storage_account::room demand_room_for_number(const std::string& key);

  storage_account& account() noexcept { return *account_; }

 private:
  template <class Growth>
  storage_account::room demand(const std::vector<std::string>& keys, std::uint64_t bytes, Growth growth_over);
  /// Unless the account is as good as measured now.
  void measure();

  const std::string plugin_;
  const std::shared_ptr<storage_account> account_;
  const std::shared_ptr<sql_executor> database_;
  const sql_deadline deadline_;
  std::mutex measuring_;
};

}  // namespace streamspace
