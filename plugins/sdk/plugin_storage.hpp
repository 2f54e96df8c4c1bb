#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/error.hpp>
#include <streamspace/plugins/sdk/ports.hpp>
#include <streamspace/plugins/sdk/storage_change.hpp>

namespace streamspace {

class plugin_context;
class registrations;

/// Keys and JSON values of one plugin; no other plugin sees them. Every call blocks until PostgreSQL has done it (a
/// write: until it is durable). Any thread. Keys are 1 to 512 bytes. There is a quota on what all keys take together,
/// each the bytes of itself, of its value as JSON text and 128 besides: what would take more is refused and changes
/// nothing, while removing, and setting to what takes no more, are always possible. Errors: invalid_argument,
/// quota_exceeded (of what writes), timeout, database_unreachable, database_error.
class plugin_storage {
 public:
  /// Without an owner nothing can be watched.
  explicit plugin_storage(std::shared_ptr<storage_port> port, plugin_context* owner = nullptr) noexcept
      : port_{std::move(port)}, owner_{owner} {}

  /// Nothing when the key is absent.
  std::optional<json> get(const std::string& key) const;
  /// The value as T; nothing when the key is absent. Error invalid_argument when the value is no T.
  template <class T>
  std::optional<T> get(const std::string& key) const {
    const auto value = get(key);
    if (!value) return std::nullopt;
    try {
      return value->template get<T>();
    } catch (const json::exception& e) {
      throw error{ec::invalid_argument,
                  "the value of storage key '" + key + "' is not of the type asked for: " + e.what()};
    }
  }
  /// Makes or replaces; any JSON value.
  void set(const std::string& key, const json& value);
  /// The same, but once `ttl` (1 ms to a hundred years) has passed it is as if the key was not there. A later set()
  /// without it makes it last.
  void set(const std::string& key, const json& value, std::chrono::milliseconds ttl);
  /// The values of those keys that are there. At most 10,000 keys.
  std::map<std::string, json> get_many(const std::vector<std::string>& keys) const;
  /// Sets all of them or, on an error, none. At most 10,000.
  void set_many(const std::map<std::string, json>& values);
  void set_many(const std::map<std::string, json>& values, std::chrono::milliseconds ttl);
  /// Gives the key the value `desired` if it has the value `expected` (as JSON, so 1 and 1.0 are the same), in one step
  /// whoever else changes it; whether it did. Nothing for `expected` means that it must be absent, nothing for
  /// `desired` removes it.
  bool compare_and_set(const std::string& key, const std::optional<json>& expected, const std::optional<json>& desired);
  /// Whether the key was there.
  bool remove(const std::string& key);
  /// The keys that begin with exactly this text, sorted by their bytes.
  std::vector<std::string> keys(const std::string& prefix = "") const;
  /// The first `limit` of those that come after the key `after`, for going through many a page at a time.
  std::vector<std::string> keys(const std::string& prefix, const std::string& after, std::size_t limit) const;
  /// Drops every key of this plugin; how many.
  std::size_t clear();
  /// Adds to a number atomically (an absent key counts as 0); the sum. Error invalid_argument when the value is no
  /// number.
  double increment(const std::string& key, double by = 1);

  /// Has the handler called, in the plugin's turn, with what becomes of the keys that begin with this text from now on,
  /// whoever changes them: this plugin, itself on another host of the same database, or SQL. In turn only; blocks while
  /// it looks at what is there. It lasts as other registrations do: taken back when the hook throws, and told of
  /// nothing while the plugin is not enabled, but afterwards of what has become of the keys meanwhile.
  ///
  /// The handler is called at least once after a change, behind what waits for the plugin at the time, with what is
  /// there by then: changes to one key that follow each other fast are one, and of a key that came and went between
  /// two looks nothing is told. So a row of calls for one key is in the order in which that was so, and the last one
  /// says what is so; different keys come in no order. What this host writes is told at once, what others write, and
  /// what expires, within some seconds (without a database what expires is told when the storage finds it so).
  /// What the handler throws is a handler's failure, and not told again.
  ///
  /// Each watch keeps the names of its keys in memory and has them looked through in the database once a second or
  /// more rarely. Errors: invalid_argument when more than 100,000 keys begin so (when they become more later, only what
  /// this host writes is told, and the log says so), not_in_turn, those of keys().
  void watch(std::string prefix, storage_change_handler handler);
  /// Ends all watches with exactly this prefix; how many. In turn only.
  std::size_t unwatch(std::string_view prefix);

 private:
  void set_all(const std::map<std::string, json>& values, std::optional<std::chrono::milliseconds> ttl);

  registrations& registered(std::string_view call) const;

  std::shared_ptr<storage_port> port_;
  plugin_context* owner_;
};

}  // namespace streamspace
