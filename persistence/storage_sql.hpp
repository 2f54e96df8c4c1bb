#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/json.hpp>
#include <streamspace/messages/sql.hpp>
#include <streamspace/messages/stored_state.hpp>

/// The table plugin_storage: statements, and what their answers mean. Nothing here touches a connection. Keys have 1 to
/// 512 bytes.
namespace streamspace {

/// What a caller wants of one key.
struct storage_request {
  enum class kind : std::uint8_t { get, set, remove, increment };
  static constexpr std::size_t kinds = 4;

  kind what;
  std::string plugin;
  std::string key;
  std::string value;  ///< The JSON text to store, or the number to add.
  std::string ttl;    ///< Milliseconds; empty when what is set does not expire.

  /// Of its texts; what else it takes is much the same for all.
  std::size_t bytes() const noexcept { return plugin.size() + key.size() + value.size(); }
};

// All of them: error invalid_argument for a key that is too long or empty, has a NUL byte or is not UTF-8.

storage_request get_stored(std::string plugin, std::string key);
/// Makes or replaces; created_at stays, updated_at moves. With `ttl` it is as if it was not there once that has passed,
/// by the database's clock. Error: invalid_argument for a value that JSON or PostgreSQL cannot hold: text that is not
/// UTF-8 or has NUL characters, numbers that are not finite, more than 512 levels.
storage_request set_stored(std::string plugin, std::string key, const json& value,
                           std::optional<std::chrono::milliseconds> ttl = std::nullopt);
storage_request remove_stored(std::string plugin, std::string key);
/// Adds to a number, an absent key counting as 0, in one step whoever else does so.
/// Errors: invalid_argument for a number that is not finite.
storage_request increment_stored(std::string plugin, std::string key, double by);

/// What a key and the text of its value take of a plugin's quota: the bytes of both, the value's as PostgreSQL writes
/// it, and 128 for what a row takes besides. The database counts the same.
std::uint64_t stored_bytes(const std::string& key, std::string_view value);
/// The same for a number that is made by adding: about what it takes.
std::uint64_t stored_bytes_of_number(const std::string& key);

/// Affects one row if the key had the value `expected` (nothing: was absent) and now has `desired` (is absent).
sql_statement swap_stored(const std::string& plugin, const std::string& key, const std::optional<json>& expected,
                          const std::optional<json>& desired);

/// One statement for requests of one kind, of which no two are for the same key. It locks rows in one order, so that
/// two such statements of kind set or increment wait for each other rather than in a circle.
sql_statement storage_statement(const std::vector<storage_request>& same_kind);

/// What came of each request: the value as JSON text (get), the sum (increment), what a key that was removed took
/// (as stored_bytes() has it; 0 if it had expired). Nothing: the key was absent (get, remove), or its value is no
/// number and unchanged (increment), or it is stored (set).
std::vector<std::optional<std::string>> read_storage_answers(const std::vector<storage_request>& same_kind,
                                                             const sql_result& answer);

/// The keys that begin with exactly `prefix`, in order of their bytes: the first `limit` of those after `after`.
sql_statement list_stored_keys(const std::string& plugin, const std::string& prefix, const std::string& after,
                               int limit);
/// For read_stored_states(): the first `limit` keys that begin with exactly `prefix`.
sql_statement list_stored_states(const std::string& plugin, const std::string& prefix, int limit);
/// For read_stored_look().
sql_statement look_at_stored(const std::string& plugin, const std::vector<std::string>& keys);

/// Affects as many rows as there were keys, expired ones too.
sql_statement clear_stored(const std::string& plugin);
/// Deletes some that have expired, at most so many.
sql_statement sweep_stored(int most);
/// For read_stored_count().
sql_statement count_stored(const std::string& plugin);
/// For read_stored_count(): what all keys of the plugin take together, as stored_bytes() has it; those that have
/// expired nothing.
sql_statement measure_stored(const std::string& plugin);
/// The same of these keys only.
sql_statement measure_stored(const std::string& plugin, const std::vector<std::string>& keys);

std::vector<std::string> read_stored_keys(const sql_result& answer);
std::map<std::string, stored_state> read_stored_states(const sql_result& answer);
stored_look read_stored_look(const sql_result& answer);
std::uint64_t read_stored_count(const sql_result& answer);

}  // namespace streamspace
