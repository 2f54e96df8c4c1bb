#include <algorithm>

#include <streamspace/messages/sql.hpp>
#include <streamspace/persistence/dead_letter_sql.hpp>
#include <streamspace/persistence/event_cursor_sql.hpp>
#include <streamspace/persistence/json_text.hpp>

namespace streamspace {

namespace {

constexpr std::size_t longest_error = 512;

sql_param of_number(std::uint64_t number) {
  return std::min<std::uint64_t>(number, INT64_MAX);
}

std::string rows_of(const std::vector<event_retry>& retries) {
  std::vector<std::string> rows;
  for (const auto& r : retries)
    rows.push_back(to_jsonb_text({{"xid", std::to_string(r.at.transaction)},
                                  {"seq", r.at.number},
                                  {"event", r.what->envelope()},
                                  {"attempts", r.attempts},
                                  {"pause", r.pause.count()},
                                  {"error", fit_for_sql(r.error.substr(0, longest_error))}}));
  return jsonb_array_text(rows);
}

std::string rows_of(const std::vector<log_position>& positions) {
  std::vector<std::string> rows;
  for (const auto& p : positions)
    rows.push_back(to_jsonb_text({{"xid", std::to_string(p.transaction)}, {"seq", p.number}}));
  return jsonb_array_text(rows);
}

}  // namespace

sql_statement open_cursor(const cursor_name& of, const std::string& pattern, bool from_beginning) {
  return {"INSERT INTO event_cursors (plugin_name, name, pattern, xid, seq) VALUES ($1, $2, $3, " +
              std::string{from_beginning ? "'0'" : "pg_snapshot_xmin(pg_current_snapshot())"} +
              ", 0) ON CONFLICT (plugin_name, name) DO UPDATE SET pattern = EXCLUDED.pattern, updated_at = now()",
          {of.plugin, of.name, pattern}};
}

sql_statement list_cursors() {
  return {
      "SELECT plugin_name, name, pattern, xid::text, seq, created_at, CASE WHEN lease_until > now() THEN holder END AS "
      "holder, (SELECT count(*) FROM event_retries r WHERE r.plugin_name = c.plugin_name AND r.name = c.name) AS "
      "to_retry FROM event_cursors c ORDER BY plugin_name, name",
      {}};
}

std::vector<durable_subscription> read_cursors(const sql_result& answer) {
  std::vector<durable_subscription> all;
  for (const auto row : answer)
    all.push_back({row.get<std::string>("plugin_name"),
                   row.get<std::string>("name"),
                   row.get<std::string>("pattern"),
                   {row.get<std::uint64_t>("xid"), row.get<std::uint64_t>("seq")},
                   row.get<std::uint64_t>("to_retry"),
                   row.get<std::optional<std::string>>("holder").value_or(""),
                   row.get<timestamp>("created_at")});
  return all;
}

sql_statement drop_cursor(const cursor_name& of) {
  return {"DELETE FROM event_cursors WHERE plugin_name = $1 AND name = $2", {of.plugin, of.name}};
}

sql_statement drop_cursors(const std::string& plugin) {
  return {"DELETE FROM event_cursors WHERE plugin_name = $1", {plugin}};
}

sql_statement claim_cursor(const cursor_name& of, const std::string& holder, std::chrono::milliseconds lease) {
  return {
      "UPDATE event_cursors SET holder = $3, lease_until = clock_timestamp() + $4::float8 * interval '1 ms' "
      "WHERE plugin_name = $1 AND name = $2 AND (holder = $3 OR lease_until IS NULL OR lease_until < "
      "clock_timestamp()) RETURNING xid::text, seq",
      {of.plugin, of.name, holder, lease.count()}};
}

std::optional<log_position> read_claimed_cursor(const sql_result& answer) {
  if (answer.empty()) return std::nullopt;
  return log_position{answer[0].get<std::uint64_t>(0), answer[0].get<std::uint64_t>(1)};
}

sql_statement release_cursor(const cursor_name& of, const std::string& holder) {
  return {
      "UPDATE event_cursors SET holder = NULL, lease_until = NULL WHERE plugin_name = $1 AND name = $2 AND holder = $3",
      {of.plugin, of.name, holder}};
}

sql_statement save_cursor(const cursor_name& of, const std::string& holder, std::chrono::milliseconds lease,
                          const cursor_progress& progress) {
  const bool plain = progress.to_retry.empty() && progress.retried.empty() && progress.dead_letters.empty();
  std::string text =
      "UPDATE event_cursors SET xid = $4::xid8, seq = $5::bigint, updated_at = now(), "
      "lease_until = clock_timestamp() + $6::float8 * interval '1 ms' "
      "WHERE plugin_name = $1 AND name = $2 AND holder = $3 RETURNING 1";
  sql_params params{
      of.plugin,    of.name, holder, std::to_string(progress.settled.transaction), of_number(progress.settled.number),
      lease.count()};
  if (plain) return {std::move(text), std::move(params)};
  params.emplace_back(rows_of(progress.to_retry));
  params.emplace_back(rows_of(progress.retried));
  params.emplace_back(jsonb_array_text(progress.dead_letters));
  return {"WITH saved AS (" + text +
              "), parked AS (INSERT INTO event_retries (plugin_name, name, xid, seq, event, attempts, next_at, "
              "last_error) SELECT $1, $2, r.xid::xid8, r.seq, r.event, r.attempts, clock_timestamp() + r.pause * "
              "interval '1 ms', r.error FROM saved, jsonb_to_recordset($7::jsonb) AS r(xid text, seq bigint, event "
              "jsonb, attempts integer, pause float8, error text) ON CONFLICT (plugin_name, name, xid, seq) DO UPDATE "
              "SET attempts = EXCLUDED.attempts, next_at = EXCLUDED.next_at, last_error = EXCLUDED.last_error), "
              "retried AS (DELETE FROM event_retries e USING saved, jsonb_to_recordset($8::jsonb) AS r(xid text, seq "
              "bigint) WHERE e.plugin_name = $1 AND e.name = $2 AND e.xid = r.xid::xid8 AND e.seq = r.seq), "
              "buried AS (" +
              insert_dead_letters_from("saved, jsonb_to_recordset($9::jsonb)") + ") SELECT 1 FROM saved",
          std::move(params)};
}

bool is_cursor_saved(const sql_result& answer) {
  return !answer.empty();
}

sql_statement find_due_retries(const cursor_name& of, std::size_t limit) {
  return {
      "SELECT w.waiting, w.next_in, d.* FROM (SELECT count(*) AS waiting, ceil(extract(epoch FROM min(next_at) FILTER "
      "(WHERE next_at > clock_timestamp()) - clock_timestamp()) * 1000)::bigint AS next_in FROM event_retries WHERE "
      "plugin_name = $1 AND name = $2) w LEFT JOIN (SELECT xid::text AS xid, seq, event, attempts FROM event_retries "
      "WHERE plugin_name = $1 AND name = $2 AND next_at <= clock_timestamp() ORDER BY next_at, seq LIMIT " +
          std::to_string(limit) + ") d ON true",
      {of.plugin, of.name}};
}

due_retries read_due_retries(const sql_result& answer,
                             const std::function<void(const log_position&, const error&)>& unreadable) {
  due_retries read;
  for (const auto row : answer) {
    read.waiting = row.get<std::uint64_t>("waiting");
    if (const auto in = row.get<std::optional<long long>>("next_in"))
      read.next_in = std::chrono::milliseconds{std::max(*in, 0LL)};
    if (row.is_null("xid")) break;
    const log_position at{row.get<std::uint64_t>("xid"), row.get<std::uint64_t>("seq")};
    try {
      read.due.push_back({at,
                          std::make_shared<const event>(event::restored(row.get<std::string>("event"))),
                          row.get<unsigned>("attempts"),
                          {},
                          {}});
    } catch (const error& e) {
      unreadable(at, e);
    }
  }
  return read;
}

}  // namespace streamspace
