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

namespace streamspace {

/// Keys and JSON values of one plugin; no other plugin sees them. Every call blocks until PostgreSQL has done it (a
/// write: until it is durable). Any thread. Keys are 1 to 512 bytes. There is a quota on what all keys take together,
/// each the bytes of itself, of its value as JSON text and 128 besides: what would take more is refused and changes
/// nothing, while removing, and setting to what takes no more, are always possible. Errors: invalid_argument,
/// quota_exceeded (of what writes), timeout, database_unreachable, database_error.
class plugin_storage {
 public:
  explicit plugin_storage(std::shared_ptr<storage_port> port) noexcept : port_{std::move(port)} {}

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

 private:
  void set_all(const std::map<std::string, json>& values, std::optional<std::chrono::milliseconds> ttl);

  std::shared_ptr<storage_port> port_;
};

}  // namespace streamspace
