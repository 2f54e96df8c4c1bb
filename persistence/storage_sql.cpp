#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <ranges>
#include <string_view>
#include <tuple>

#include <streamspace/persistence/json_text.hpp>
#include <streamspace/persistence/sql_text.hpp>
#include <streamspace/persistence/storage_sql.hpp>

namespace streamspace {

namespace {

constexpr std::size_t longest_key = 512;
/// What a row takes besides its key and value: the headers, two times, the plugin's name, its place in the index.
constexpr std::uint64_t bytes_besides = 128;
/// What the digits of a number take at most, mostly.
constexpr std::uint64_t bytes_of_number = 32;

/// A row of plugin_storage that has not expired.
const std::string is_live = "(expires_at IS NULL OR expires_at > now())";

/// What a row takes of the plugin's quota.
const std::string its_bytes = "(octet_length(key) + octet_length(value::text) + " + std::to_string(bytes_besides) + ")";
const std::string sum_of_bytes =
    "SELECT coalesce(sum(" + its_bytes + "), 0) FROM plugin_storage WHERE plugin_name = $1 AND " + is_live;

std::string milliseconds_of(const std::string& moment) {
  return "(extract(epoch FROM " + moment + ") * 1000)::bigint";
}

/// The transaction that wrote a row last, and when it expires.
const std::string its_state = "xmin::text, " + milliseconds_of("expires_at");

/// When a row was made that takes an expired one's place, or goes on.
const std::string its_creation =
    "created_at = CASE WHEN present.expires_at <= now() THEN now() ELSE present.created_at END";

/// What becomes of a row that is there already when it is set, and when a number is added to it.
const std::string or_replace =
    "ON CONFLICT (plugin_name, key) DO UPDATE SET value = EXCLUDED.value, updated_at = now(), "
    "expires_at = EXCLUDED.expires_at, " +
    its_creation;
const std::string or_add =
    "ON CONFLICT (plugin_name, key) DO UPDATE SET "
    "value = CASE WHEN present.expires_at <= now() THEN EXCLUDED.value "
    "ELSE to_jsonb(present.value::numeric + EXCLUDED.value::numeric) END, "
    "updated_at = now(), expires_at = CASE WHEN present.expires_at > now() THEN present.expires_at END, " +
    its_creation +
    " WHERE jsonb_typeof(present.value) = 'number' OR present.expires_at <= now() RETURNING plugin_name, key, value";

/// A time to live as a parameter has it, as the moment that it ends; NULL for none.
std::string moment_of(const std::string& ttl) {
  return "now() + NULLIF(" + ttl + ", '')::float8 * interval '1 ms'";
}

void demand_key(const std::string& key) {
  if (key.empty() || key.size() > longest_key)
    throw error{ec::invalid_argument, "a storage key must have 1 to " + std::to_string(longest_key) + " bytes, not " +
                                          std::to_string(key.size())};
  if (const auto fault = why_not_sql_text(key))
    throw error{ec::invalid_argument, "a storage key " + *fault + ", which cannot be stored"};
}

storage_request request_for(storage_request::kind what, std::string plugin, std::string key, std::string value = {}) {
  demand_key(key);
  return {what, std::move(plugin), std::move(key), std::move(value), {}};
}

/// How many digits a number gets at most that PostgreSQL writes without the exponent that the text begins with.
std::size_t written_out(std::string_view exponent) {
  if (exponent.starts_with('+') || exponent.starts_with('-')) exponent.remove_prefix(1);
  std::size_t digits = 0;
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), digits);
  return digits;
}

/// Of columns 1 and 2.
stored_state read_state(const sql_row& row) {
  return {row.get<std::string>(1), row.get<std::optional<std::int64_t>>(2)};
}

std::string column_of(const std::vector<const storage_request*>& rows, std::string storage_request::*column) {
  return array_of_texts(
      rows | std::views::transform([column](const auto* row) -> const std::string& { return row->*column; }));
}

/// As for several, but planned in a third of the time.
sql_statement statement_for_one(const storage_request& r) {
  switch (r.what) {
    case storage_request::kind::get:
      return {"SELECT 1, value FROM plugin_storage WHERE plugin_name = $1 AND key = $2 AND " + is_live,
              {r.plugin, r.key}};
    case storage_request::kind::set:
      return {
          "INSERT INTO plugin_storage AS present (plugin_name, key, value, expires_at) VALUES ($1, $2, $3::jsonb, " +
              moment_of("$4::text") + ") " + or_replace,
          {r.plugin, r.key, r.value, r.ttl}};
    case storage_request::kind::remove:
      return {"DELETE FROM plugin_storage WHERE plugin_name = $1 AND key = $2 RETURNING 1, CASE WHEN " + is_live +
                  " THEN " + its_bytes + " ELSE 0 END",
              {r.plugin, r.key}};
    case storage_request::kind::increment:
      return {
          "INSERT INTO plugin_storage AS present (plugin_name, key, value) VALUES ($1, $2, to_jsonb($3::numeric)) " +
              or_add,
          {r.plugin, r.key, r.value}};
  }
  throw error{ec::internal, "a storage request of no kind"};
}

}  // namespace

storage_request get_stored(std::string plugin, std::string key) {
  return request_for(storage_request::kind::get, std::move(plugin), std::move(key));
}

storage_request set_stored(std::string plugin, std::string key, const json& value,
                           std::optional<std::chrono::milliseconds> ttl) {
  auto request = request_for(storage_request::kind::set, std::move(plugin), std::move(key), to_jsonb_text(value));
  if (ttl) request.ttl = std::to_string(ttl->count());
  return request;
}

storage_request remove_stored(std::string plugin, std::string key) {
  return request_for(storage_request::kind::remove, std::move(plugin), std::move(key));
}

storage_request increment_stored(std::string plugin, std::string key, double by) {
  if (!std::isfinite(by))
    throw error{ec::invalid_argument, "storage key '" + key + "' cannot be changed by a number that is not finite"};
  return request_for(storage_request::kind::increment, std::move(plugin), std::move(key), *sql_param{by}.text());
}

sql_statement storage_statement(const std::vector<storage_request>& same_kind) {
  if (same_kind.size() == 1) return statement_for_one(same_kind.front());
  std::vector<const storage_request*> rows;
  rows.reserve(same_kind.size());
  for (const auto& request : same_kind) rows.push_back(&request);
  const auto plugins = [&] { return column_of(rows, &storage_request::plugin); };
  const auto keys = [&] { return column_of(rows, &storage_request::key); };
  const auto values = [&] { return column_of(rows, &storage_request::value); };
  const auto in_one_order = [&] {
    std::sort(rows.begin(), rows.end(),
              [](const auto* a, const auto* b) { return std::tie(a->plugin, a->key) < std::tie(b->plugin, b->key); });
  };
  switch (same_kind.front().what) {
    case storage_request::kind::get:
      return {
          "SELECT w.i, s.value FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (plugin, key, i) "
          "JOIN plugin_storage s ON s.plugin_name = w.plugin AND s.key = w.key WHERE " +
              is_live,
          {plugins(), keys()}};
    case storage_request::kind::set:
      in_one_order();
      return {
          "INSERT INTO plugin_storage AS present (plugin_name, key, value, expires_at) "
          "SELECT plugin, key, value::jsonb, " +
              moment_of("ttl") +
              " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS w (plugin, key, value, ttl) " +
              or_replace,
          {plugins(), keys(), values(), column_of(rows, &storage_request::ttl)}};
    case storage_request::kind::remove:
      return {
          "DELETE FROM plugin_storage s USING unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (plugin, name, i) "
          "WHERE s.plugin_name = w.plugin AND s.key = w.name RETURNING w.i, CASE WHEN " +
              is_live + " THEN " + its_bytes + " ELSE 0 END",
          {plugins(), keys()}};
    case storage_request::kind::increment:
      in_one_order();
      return {
          "INSERT INTO plugin_storage AS present (plugin_name, key, value) "
          "SELECT plugin, key, to_jsonb(by::numeric) FROM unnest($1::text[], $2::text[], $3::text[]) "
          "AS w (plugin, key, by) " +
              or_add,
          {plugins(), keys(), values()}};
  }
  throw error{ec::internal, "a storage request of no kind"};
}

std::vector<std::optional<std::string>> read_storage_answers(const std::vector<storage_request>& same_kind,
                                                             const sql_result& answer) {
  std::vector<std::optional<std::string>> answers(same_kind.size());
  switch (same_kind.front().what) {
    case storage_request::kind::set:
      break;
    case storage_request::kind::get:
    case storage_request::kind::remove:
      for (const auto row : answer) answers.at(row.get<std::size_t>(0) - 1) = row.cell(1);
      break;
    case storage_request::kind::increment: {
      std::map<std::pair<std::string_view, std::string_view>, std::size_t> places;
      for (std::size_t i = 0; i < same_kind.size(); ++i) places[{same_kind[i].plugin, same_kind[i].key}] = i;
      for (const auto row : answer) answers.at(places.at({*row.cell(0), *row.cell(1)})) = row.cell(2);
      break;
    }
  }
  return answers;
}

sql_statement list_stored_keys(const std::string& plugin, const std::string& prefix, const std::string& after,
                               int limit) {
  return {"SELECT key FROM plugin_storage WHERE plugin_name = $1 AND key LIKE $2 AND key > $3 AND " + is_live +
              " ORDER BY key LIMIT $4",
          {plugin, escape_like(prefix) + "%", after, limit}};
}

sql_statement list_stored_states(const std::string& plugin, const std::string& prefix, int limit) {
  return {"SELECT key, " + its_state + " FROM plugin_storage WHERE plugin_name = $1 AND key LIKE $2 AND " + is_live +
              " ORDER BY key LIMIT $3",
          {plugin, escape_like(prefix) + "%", limit}};
}

sql_statement look_at_stored(const std::string& plugin, const std::vector<std::string>& keys) {
  // The first row is the time.
  return {"SELECT NULL, NULL, " + milliseconds_of("now()") + ", NULL UNION ALL SELECT key, " + its_state +
              ", value FROM plugin_storage WHERE plugin_name = $1 AND key = ANY ($2) AND " + is_live,
          {plugin, array_of_texts(keys)}};
}

sql_statement swap_stored(const std::string& plugin, const std::string& key, const std::optional<json>& expected,
                          const std::optional<json>& desired) {
  demand_key(key);
  const auto was = expected ? to_jsonb_text(*expected) : std::string{};
  const auto becomes = desired ? to_jsonb_text(*desired) : std::string{};
  const auto there = " plugin_name = $1 AND key = $2 AND " + is_live;
  if (!expected && !desired)
    return {"SELECT 1 WHERE NOT EXISTS (SELECT FROM plugin_storage WHERE" + there + ")", {plugin, key}};
  if (!expected)
    return {
        "INSERT INTO plugin_storage AS present (plugin_name, key, value) VALUES ($1, $2, $3::jsonb) "
        "ON CONFLICT (plugin_name, key) DO UPDATE SET value = EXCLUDED.value, created_at = now(), updated_at = now(), "
        "expires_at = NULL WHERE present.expires_at <= now()",
        {plugin, key, becomes}};
  if (!desired) return {"DELETE FROM plugin_storage WHERE" + there + " AND value = $3::jsonb", {plugin, key, was}};
  return {"UPDATE plugin_storage SET value = $4::jsonb, updated_at = now(), expires_at = NULL WHERE" + there +
              " AND value = $3::jsonb",
          {plugin, key, was, becomes}};
}

sql_statement sweep_stored(int most) {
  return {
      "DELETE FROM plugin_storage WHERE (plugin_name, key) IN (SELECT plugin_name, key FROM plugin_storage "
      "WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)",
      {most}};
}

sql_statement clear_stored(const std::string& plugin) {
  return {"DELETE FROM plugin_storage WHERE plugin_name = $1", {plugin}};
}

sql_statement count_stored(const std::string& plugin) {
  return {"SELECT count(*) FROM plugin_storage WHERE plugin_name = $1 AND " + is_live, {plugin}};
}

sql_statement measure_stored(const std::string& plugin) {
  return {sum_of_bytes, {plugin}};
}

sql_statement measure_stored(const std::string& plugin, const std::vector<std::string>& keys) {
  return {sum_of_bytes + " AND key = ANY ($2)", {plugin, array_of_texts(keys)}};
}

std::uint64_t stored_bytes(const std::string& key, std::string_view value) {
  auto bytes = key.size() + value.size() + bytes_besides;
  bool in_text = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (in_text) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == ',' || c == ':') {
      ++bytes;  // A blank after it.
    } else if (c == 'e' && i > 0 && value[i - 1] >= '0' && value[i - 1] <= '9') {
      bytes += written_out(value.substr(i + 1));
    }
  }
  return bytes;
}

std::uint64_t stored_bytes_of_number(const std::string& key) {
  return key.size() + bytes_of_number + bytes_besides;
}

std::vector<std::string> read_stored_keys(const sql_result& answer) {
  std::vector<std::string> keys;
  keys.reserve(answer.size());
  for (const auto row : answer) keys.push_back(row.get<std::string>(0));
  return keys;
}

std::map<std::string, stored_state> read_stored_states(const sql_result& answer) {
  std::map<std::string, stored_state> states;
  for (const auto row : answer) states.emplace(row.get<std::string>(0), read_state(row));
  return states;
}

stored_look read_stored_look(const sql_result& answer) {
  stored_look look;
  for (const auto row : answer) {
    if (row.is_null(0))
      look.now_ms = row.get<std::int64_t>(2);
    else
      look.found.emplace(row.get<std::string>(0), stored_look::item{read_state(row), row.get<json>(3)});
  }
  return look;
}

std::uint64_t read_stored_count(const sql_result& answer) {
  return answer[0].get<std::uint64_t>(0);
}

}  // namespace streamspace
