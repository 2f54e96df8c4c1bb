#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <streamspace/plugins/sdk/ports.hpp>
#include <streamspace/plugins/sdk/storage_change.hpp>

namespace streamspace {

/// A plugin's wish to be told of changes to the keys that begin with a text.
struct storage_watch {
  std::string prefix;
  storage_change_handler handler;
};
using storage_watch_ptr = std::shared_ptr<storage_watch>;

/// Tells a plugin's watches what has become of their keys, in the plugin's turn. What is heard of a key is only that it
/// may have changed; what has, is seen when the turn has come and the key is looked at. So changes that follow each
/// other fast are told as one, nothing is told twice that was one change, and what is told last is what is there.
/// Thread-safe but for what is marked.
class storage_watches final : public storage_observer, public std::enable_shared_from_this<storage_watches> {
 public:
  storage_watches(std::shared_ptr<storage_port> storage, std::shared_ptr<turn_port> turns)
      : storage_{std::move(storage)}, turns_{std::move(turns)} {}

  /// Tells it from now on, for as long as somebody else holds it. Looks at what is there, which blocks. In turn.
  /// Errors: those of storage_port::states.
  void add(const storage_watch_ptr& watch);
  /// Whether the watches may be told; until then what they are to be told is kept. In turn.
  void open(bool wanted);
  /// Nobody is told anything any more. In turn.
  void give_up();

  void changed(const std::string& key) override;
  void cleared() override;
  std::vector<std::string> prefixes() const override;
  void found(const std::string& prefix, const std::map<std::string, stored_state>& all) override;

 private:
  /// What a watch was told or need not be told. A watch itself is touched in the plugin's turn only, where it ends too.
  struct watched {
    std::weak_ptr<storage_watch> by;
    std::string prefix;
    std::map<std::string, stored_state> told;

    bool concerns(const std::string& key) const { return !by.expired() && key.starts_with(prefix); }
  };

  void post();
  void tell();
  void tell_of(const std::string& key, const stored_look& seen);
  /// What is to be told of a key, which counts as told then.
  static std::optional<storage_change> settle(watched& what, const std::string& key, const stored_look& seen);
  void put_back(std::set<std::string> keys);

  const std::shared_ptr<storage_port> storage_;
  const std::shared_ptr<turn_port> turns_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<watched>> watches_;
  std::set<std::string> changed_;
  bool open_ = false;
  bool posted_ = false;
};

}  // namespace streamspace
