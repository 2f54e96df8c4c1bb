#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/error.hpp>
#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

/// Keys and JSON values of one plugin; no other plugin sees them. Every call blocks until PostgreSQL has done it (a
/// write: until it is durable). Any thread. Keys are 1 to 512 bytes. Errors: invalid_argument, timeout,
/// database_unreachable, database_error.
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
  /// Whether the key was there.
  bool remove(const std::string& key);
  /// The keys that begin with exactly this text, sorted by their bytes.
  std::vector<std::string> keys(const std::string& prefix = "") const;
  /// Drops every key of this plugin; how many.
  std::size_t clear();
  /// Adds to a number atomically (an absent key counts as 0); the sum. Error invalid_argument when the value is no
  /// number.
  double increment(const std::string& key, double by = 1);

 private:
  std::shared_ptr<storage_port> port_;
};

}  // namespace streamspace
