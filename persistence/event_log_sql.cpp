#include <algorithm>
#include <ranges>

#include <streamspace/messages/json_nesting.hpp>
#include <streamspace/messages/names.hpp>
#include <streamspace/persistence/event_log_sql.hpp>
#include <streamspace/persistence/json_text.hpp>
#include <streamspace/persistence/sql_text.hpp>

namespace streamspace {

namespace {

/// A regular expression for the types that a pattern with wildcards means. Types have nothing in them that it would
/// have to escape but their dots.
std::string regex_of(const std::string& pattern) {
  std::string text{"^"};
  for (const char c : pattern) {
    if (c == '.')
      text += "\\.";
    else if (c == '*')
      text += "[^.]+";
    else if (c == '>')
      text += ".+";
    else
      text += c;
  }
  return text += '$';
}

/// Conditions with parameters of their own.
class conditions {
 public:
  /// `text` with a $ for the value.
  void add(std::string text, sql_param value) {
    params_.push_back(std::move(value));
    text.replace(text.find('$'), 1, "$" + std::to_string(params_.size()));
    add(std::move(text));
  }
  void add(std::string text) { text_ += (text_.empty() ? " WHERE " : " AND ") + std::move(text); }
  void add(const char* comparison, const log_position& position) {
    const auto transaction = value(std::to_string(position.transaction));
    add("(xid, seq) " + std::string{comparison} + " (" + transaction + "::xid8, " +
        value(std::to_string(std::min<std::uint64_t>(position.number, INT64_MAX))) + "::bigint)");
  }
  /// The name of a parameter with this value.
  std::string value(std::string text) {
    params_.emplace_back(std::move(text));
    return "$" + std::to_string(params_.size());
  }

  const std::string& text() const noexcept { return text_; }
  sql_params take_params() noexcept { return std::move(params_); }

 private:
  std::string text_;
  sql_params params_;
};

/// An event that fails is kept within a row of its own.
constexpr unsigned deepest_envelope = deepest_jsonb - 1;

event_ptr restore(const sql_row& row) {
  const auto text = row.get<std::string>("data");
  if (nests_deeper_than(text, deepest_envelope - 1))
    throw error{ec::invalid_argument, "its data nests deeper than " + std::to_string(deepest_envelope - 1) + " levels"};
  auto data = json::parse(text, nullptr, false);
  if (data.is_discarded()) throw error{ec::invalid_argument, "its data is no JSON that can be read here"};
  return std::make_shared<const event>(event::restored(*row.cell("id"), row.get<std::string>("type"),
                                                       row.get<std::string>("source"), row.get<timestamp>("time"),
                                                       std::move(data)));
}

}  // namespace

event_log_row::event_log_row(const event& e)
    : id{e.id()}, type{e.type()}, source{e.source()}, time{to_rfc3339(e.time())}, data{to_jsonb_text(e.data())} {
  if (nests_deeper_than(data, deepest_envelope - 1))
    throw error{ec::invalid_argument, "event " + e.type() + " nests deeper than " +
                                          std::to_string(deepest_envelope - 1) +
                                          " levels, which is more than the log takes"};
  if (data.size() > largest_logged_data)
    throw error{ec::invalid_argument, "event " + e.type() + " has " + std::to_string(data.size()) +
                                          " bytes, and the log takes at most " + std::to_string(largest_logged_data) +
                                          "; store the data elsewhere and say in the event where"};
}

sql_statement append_events(const std::vector<event_log_row>& rows) {
  const auto column = [&](std::string event_log_row::*of) { return array_of_texts(rows | std::views::transform(of)); };
  return {
      "INSERT INTO event_log (id, type, source, time, data) SELECT id, type, source, time, data::jsonb "
      "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[]) AS e(id, type, source, time, "
      "data)",
      {column(&event_log_row::id), column(&event_log_row::type), column(&event_log_row::source),
       column(&event_log_row::time), column(&event_log_row::data)}};
}

sql_statement read_event_log(const event_log_filter& filter) {
  demand_valid(filter);
  conditions meant;
  std::string data = "data";
  if (!filter.pattern.empty() && filter.pattern != ">") {
    if (!is_wildcard(filter.pattern))
      meant.add("type = $", filter.pattern);
    else if (filter.newest_first)
      meant.add("type ~ $", regex_of(filter.pattern));
    else  // So many rows are looked at, whatever their types, in the order of the index.
      data = "CASE WHEN type ~ " + meant.value(regex_of(filter.pattern)) + " THEN data END AS data";
  }
  if (!filter.source.empty()) {
    meant.add("source = $", filter.source);
    if (filter.source != "platform") meant.add("source <> 'platform'");
  }
  if (!filter.session.empty()) meant.add("session_id = $", filter.session);
  if (!filter.user.empty()) meant.add("user_id = $", filter.user);
  if (filter.since) meant.add("at >= $", *filter.since);
  if (filter.until) meant.add("at < $", *filter.until);
  if (filter.from_number > 0) meant.add("seq >= $", std::min<std::uint64_t>(filter.from_number, INT64_MAX));
  if (filter.after) meant.add(">", *filter.after);
  if (filter.before) meant.add("<", *filter.before);
  if (!filter.newest_first) meant.add("xid < open.xmin");
  const std::string held_back =
      filter.newest_first
          ? "false"
          : "coalesce((SELECT l.xid FROM event_log l ORDER BY l.xid DESC, l.seq DESC LIMIT 1) >= open.xmin, false)";
  return {"SELECT open.xmin::text AS xmin, " + held_back +
              " AS held_back, e.* FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin) open LEFT JOIN LATERAL "
              "(SELECT xid::text AS xid, seq, at, id, type, source, time, " +
              data + " FROM event_log" + meant.text() + " ORDER BY event_log.xid" +
              (filter.newest_first ? " DESC, seq DESC" : ", seq") + " LIMIT " + std::to_string(filter.limit) +
              ") e ON true",
          meant.take_params()};
}

event_log_page read_event_log_page(const sql_result& answer, const event_log_filter& filter,
                                   const std::function<void(const log_position&, const error&)>& unreadable) {
  event_log_page page;
  std::size_t rows = 0;
  for (const auto row : answer) {
    page.held_back = row.get<bool>("held_back");
    if (row.is_null("xid")) break;
    ++rows;
    const log_position at{row.get<std::uint64_t>("xid"), row.get<std::uint64_t>("seq")};
    page.looked_up_to = at;
    if (row.is_null("data")) continue;  // Of another type.
    try {
      page.events.push_back({at, row.get<timestamp>("at"), restore(row)});
    } catch (const error& e) {
      unreadable(at, e);
    }
  }
  page.at_end = rows < filter.limit;
  // All that is below the oldest open transaction was looked at.
  if (page.at_end && !filter.newest_first)
    page.looked_up_to =
        std::max({page.looked_up_to, filter.after.value_or(log_position{}), {answer[0].get<std::uint64_t>("xmin"), 0}});
  return page;
}

sql_statement find_event_log_head() {
  return {
      "SELECT CASE WHEN is_called THEN last_value ELSE 0 END, pg_snapshot_xmin(pg_current_snapshot())::text "
      "FROM event_log_seq",
      {}};
}

event_log_head read_event_log_head(const sql_result& answer) {
  return {answer[0].get<std::uint64_t>(0), answer[0].get<std::uint64_t>(1)};
}

sql_statement rebase_event_log() {
  return {"SELECT rebase_event_log()", {}};
}

sql_statement keep_event_log(int days_ahead, int kept) {
  return {"SELECT day::text, to_json(left_behind) AS left_behind FROM keep_event_log($1::integer, $2::integer)",
          {days_ahead, kept}};
}

std::vector<dropped_day> read_dropped_days(const sql_result& answer) {
  std::vector<dropped_day> days;
  for (const auto row : answer)
    days.push_back({row.get<std::string>("day"), row.get<json>("left_behind").get<std::vector<std::string>>()});
  return days;
}

}  // namespace streamspace
