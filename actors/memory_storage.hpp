#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

/// A plugin's storage for as long as the process lives, for a runtime without a database.
class memory_storage final : public storage_port {
 public:
  using clock = std::chrono::steady_clock;

  explicit memory_storage(std::function<clock::time_point()> now = clock::now) : now_{std::move(now)} {}

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

 private:
  struct entry {
    json value;
    std::optional<clock::time_point> expires;
  };
  using entries = std::map<std::string, entry>;

  /// Forgets it if it has expired.
  entries::iterator find(const std::string& key);
  std::optional<clock::time_point> moment_after(std::optional<std::chrono::milliseconds> ttl) const;

  const std::function<clock::time_point()> now_;
  std::mutex mutex_;
  entries values_;
};

}  // namespace streamspace
