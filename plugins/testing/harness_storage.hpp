#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <streamspace/messages/time.hpp>
#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace::testing {

/// A plugin's storage in memory, by the harness's clock. It has no quota.
class harness_storage final : public storage_port {
 public:
  explicit harness_storage(std::function<timestamp()> now) : now_{std::move(now)} {}

  /// Whoever watches is told of keys that have expired.
  void forget_expired();

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
  void observe(std::weak_ptr<storage_observer> who) override;

 private:
  struct entry {
    json value;
    std::optional<timestamp> expires;
    std::uint64_t version = 0;

    stored_state state() const;
  };
  using entries = std::map<std::string, entry>;

  entries::iterator find(const std::string& key);
  entries::iterator erase(entries::iterator which);
  void put(const std::string& key, json value, std::optional<timestamp> expires);
  void sweep();
  void tell_of(const std::string& key) const;

  const std::function<timestamp()> now_;
  std::mutex mutex_;
  std::weak_ptr<storage_observer> observer_;
  entries values_;
  std::uint64_t writes_ = 0;
};

}  // namespace streamspace::testing
