#include <algorithm>

#include <streamspace/persistence/dead_letter_sql.hpp>
#include <streamspace/persistence/json_text.hpp>

namespace streamspace {

namespace {

const std::string columns = "id, at, plugin, subscription, event, cause, detail, attempts";

/// $1 to $3.
const std::string kind =
    "($1::text IS NULL OR plugin = $1) AND ($2::text IS NULL OR cause = $2) AND ($3::text IS NULL OR event_type = $3)";
/// $4 and $5.
const std::string place = "($4::bigint IS NULL OR id < $4) AND id > $5::bigint";
const std::string unclaimed = "(claimed_until IS NULL OR claimed_until < now())";

sql_param unless_empty(const std::string& text) {
  return text.empty() ? sql_param{nullptr} : sql_param{text};
}

sql_params kind_params(const dead_letter_filter& f) {
  return {unless_empty(f.plugin), f.cause ? sql_param{to_string(*f.cause)} : sql_param{nullptr}, unless_empty(f.type)};
}

sql_params params_of(const dead_letter_filter& f) {
  auto params = kind_params(f);
  params.push_back(f.before == 0 ? sql_param{nullptr} : sql_param{std::min(f.before, dead_letter_id_end)});
  params.emplace_back(std::min(f.after, dead_letter_id_end));
  return params;
}

std::string order_of(const dead_letter_filter& f) {
  return f.oldest_first ? "id" : "id DESC";
}

/// The ids that the filter means and nobody has claimed. Others who change these rows are not waited for. An array, so
/// that it is asked for once and no more rows than the limit says are meant.
std::string free_ids(const dead_letter_filter& f) {
  return "ANY (ARRAY(SELECT id FROM dead_letters WHERE " + kind + " AND " + place + " AND " + unclaimed + " ORDER BY " +
         order_of(f) + " LIMIT " + std::to_string(f.limit) + " FOR UPDATE SKIP LOCKED))";
}

std::string array_of(const std::vector<std::uint64_t>& ids) {
  std::string text{"{"};
  for (const auto id : ids) text += (text.size() > 1 ? "," : "") + std::to_string(id);
  return text + "}";
}

}  // namespace

sql_statement draw_dead_letter_number() {
  return {"SELECT nextval('dead_letter_numbers')", {}};
}

std::uint64_t read_first_dead_letter_id(const sql_result& answer) {
  return answer[0].get<std::uint64_t>(0) * dead_letter_ids_a_number;
}

std::string dead_letter_row(const dead_letter& letter) {
  json row = letter;
  row["event_type"] = letter.what->type();
  row["detail"] = fit_for_sql(letter.detail);
  return to_jsonb_text(row);
}

std::string insert_dead_letters_from(const std::string& rows) {
  return "INSERT INTO dead_letters (id, at, plugin, subscription, event_type, event, cause, detail, attempts) "
         "SELECT letter.* FROM " +
         rows +
         " AS letter(id bigint, at timestamptz, plugin text, subscription text, event_type text, event jsonb, cause "
         "text, detail text, attempts integer) ON CONFLICT (id) DO NOTHING";
}

sql_statement insert_dead_letters(const std::vector<std::string>& rows) {
  return {insert_dead_letters_from("jsonb_to_recordset($1::jsonb)"), {jsonb_array_text(rows)}};
}

sql_statement list_dead_letters(const dead_letter_filter& filter) {
  return {"SELECT counted.total, part.* FROM (SELECT count(*) AS total FROM dead_letters WHERE " + kind +
              ") counted LEFT JOIN (SELECT " + columns + " FROM dead_letters WHERE " + kind + " AND " + place +
              " ORDER BY " + order_of(filter) + " LIMIT " + std::to_string(filter.limit) +
              ") part ON true ORDER BY part." + order_of(filter),
          params_of(filter)};
}

sql_statement find_dead_letter(std::uint64_t id) {
  return {"SELECT " + columns + " FROM dead_letters WHERE id = $1", {std::min(id, dead_letter_id_end)}};
}

sql_statement count_dead_letters(const dead_letter_filter& filter) {
  return {"SELECT count(*) AS total FROM dead_letters WHERE " + kind, kind_params(filter)};
}

sql_statement claim_dead_letters(const dead_letter_filter& filter) {
  return {"UPDATE dead_letters SET claimed_until = now() + interval '1 minute' WHERE id = " + free_ids(filter) +
              " RETURNING " + columns,
          params_of(filter)};
}

sql_statement release_dead_letters(const std::vector<std::uint64_t>& ids) {
  return {"UPDATE dead_letters SET claimed_until = NULL WHERE id = ANY ($1::bigint[])", {array_of(ids)}};
}

sql_statement remove_dead_letters(const std::vector<std::uint64_t>& ids) {
  return {"DELETE FROM dead_letters WHERE id = ANY ($1::bigint[])", {array_of(ids)}};
}

sql_statement discard_dead_letters(const dead_letter_filter& filter) {
  return {"DELETE FROM dead_letters WHERE id = " + free_ids(filter), params_of(filter)};
}

sql_statement trim_dead_letters(std::size_t keep, std::size_t at_most) {
  return {
      "DELETE FROM dead_letters WHERE id = ANY (ARRAY(SELECT id FROM dead_letters ORDER BY at DESC, id DESC "
      "OFFSET $1::bigint LIMIT $2::bigint))",
      {keep, at_most}};
}

std::uint64_t read_dead_letter_total(const sql_result& answer) {
  return answer[0].get<std::uint64_t>("total");
}

bool has_dead_letter(const sql_row& row) {
  return !row.is_null("id");
}

std::uint64_t read_dead_letter_id(const sql_row& row) {
  return row.get<std::uint64_t>("id");
}

result<dead_letter> read_dead_letter(const sql_row& row) {
  dead_letter letter;
  letter.id = read_dead_letter_id(row);
  try {
    letter.at = row.get<timestamp>("at");
    letter.plugin = row.get<std::string>("plugin");
    letter.subscription = row.get<std::string>("subscription");
    letter.what = std::make_shared<const event>(event::restored(row.get<std::string>("event")));
    const auto cause = row.get<std::string>("cause");
    const auto known = parse_dead_letter_cause(cause);
    if (!known) throw error{ec::invalid_argument, "the cause '" + cause.substr(0, 80) + "' is not known here"};
    letter.cause = *known;
    letter.detail = row.get<std::string>("detail");
    letter.attempts = row.get<unsigned>("attempts");
    return letter;
  } catch (const error& e) {
    return failure(ec::internal,
                   "dead letter " + std::to_string(letter.id) + " in the database cannot be read: " + e.message());
  }
}

}  // namespace streamspace
