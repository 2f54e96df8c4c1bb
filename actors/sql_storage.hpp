#pragma once

#include <memory>
#include <string>

#include <streamspace/actors/gathered_storage.hpp>
#include <streamspace/actors/storage_observation.hpp>
#include <streamspace/actors/storage_observers.hpp>
#include <streamspace/actors/storage_quota.hpp>
#include <streamspace/messages/sql.hpp>
#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

/// A plugin's storage as rows of plugin_storage: what concerns one key is gathered with what others want at the time;
/// the rest is a statement of its own.
class sql_storage final : public storage_port {
 public:
  struct setup {
    std::string plugin;
    std::shared_ptr<gathered_storage> rows;
    std::shared_ptr<sql_executor> executor;
    sql_deadline deadline;
    std::unique_ptr<storage_quota> quota;          ///< Null for none.
    std::shared_ptr<storage_observers> observers;  ///< Told of what others write.
  };

  explicit sql_storage(setup with)
      : plugin_{std::move(with.plugin)},
        rows_{std::move(with.rows)},
        executor_{std::move(with.executor)},
        deadline_{with.deadline},
        quota_{std::move(with.quota)},
        observers_{std::move(with.observers)} {}

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
  std::optional<std::string> ask_for(storage_request what);
  /// Nothing without a quota. Errors: those of storage_quota.
  std::optional<storage_account::room> room_for(const std::vector<std::string>& keys, std::uint64_t bytes);
  void note_removal(std::uint64_t bytes);
  void tell_of(const std::string& key) const;

  std::string plugin_;
  std::shared_ptr<gathered_storage> rows_;
  std::shared_ptr<sql_executor> executor_;
  sql_deadline deadline_;
  std::unique_ptr<storage_quota> quota_;
  storage_observation observation_;
  std::shared_ptr<storage_observers> observers_;
};

}  // namespace streamspace
