#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <streamspace/actors/storage_account.hpp>
#include <streamspace/actors/storage_observation.hpp>
#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

/// A plugin's storage for as long as the process lives, for a runtime without a database.
class memory_storage final : public storage_port {
 public:
  using clock = std::chrono::steady_clock;

  explicit memory_storage(std::function<clock::time_point()> now = clock::now) : now_{std::move(now)} {}
  /// Keeps to a quota of so many bytes (0: none), as stored_bytes() has them.
  memory_storage(std::string plugin, std::uint64_t quota, std::function<clock::time_point()> now = clock::now);

  std::optional<json> get(const std::string& key) override;
  std::map<std::string, json> get_many(const std::vector<std::string>& keys) override;
  void set(const std::string& key, const json& value, std::optional<std::chrono::milliseconds> ttl) override;
  void set_many(const std::map<std::string, json>& values, std::optional<std::chrono::milliseconds> ttl) override;
  bool compare_and_set(const std::string& key, const std::optional<json>& expected,
                       const std::optional<json>& desired) override;
  bool remove(const std::string& key) override;
  std::vector<std::string> keys(const std::string& prefix, const std::string& after, std::size_t limit) override;
  std::size_t clear() override;
  double increment(const std::string& key, double by) override;
  stored_look look_at(const std::vector<std::string>& keys) override;
  std::map<std::string, stored_state> states(const std::string& prefix) override;
  void observe(std::weak_ptr<storage_observer> who) override { observation_.begin(std::move(who)); }

 private:
  struct entry {
    json value;
    std::optional<clock::time_point> expires;
    std::uint64_t bytes = 0;
    std::uint64_t version = 0;

    stored_state state() const;
  };
  using entries = std::map<std::string, entry>;

  /// Forgets it if it has expired.
  entries::iterator find(const std::string& key);
  void erase(entries::iterator which);
  void tell_of(const std::string& key) const;
  void forget_expired();
  /// What it takes; 0 without a quota, as nobody counts then.
  std::uint64_t bytes_of(const std::string& key, const json& value) const;
  /// Nothing without a quota. Error quota_exceeded.
  std::optional<storage_account::room> demand_room(std::int64_t growth);
  /// All or, on an error, none. Error quota_exceeded.
  void put(const std::map<std::string, json>& values, std::optional<clock::time_point> expires);
  std::optional<clock::time_point> moment_after(std::optional<std::chrono::milliseconds> ttl) const;

  const std::function<clock::time_point()> now_;
  const std::string plugin_;
  std::optional<storage_account> account_;
  storage_observation observation_;
  std::mutex mutex_;
  entries values_;
  std::uint64_t writes_ = 0;
};

}  // namespace streamspace
