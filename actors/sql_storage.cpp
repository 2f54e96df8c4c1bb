#include <set>

#include <streamspace/actors/sql_storage.hpp>
#include <streamspace/persistence/storage_sql.hpp>
#include <streamspace/plugins/sdk/blocking_scope.hpp>

namespace streamspace {

namespace {

/// How much longer than two statements may take a caller waits, so that their own answer, which says more, comes first.
constexpr std::chrono::milliseconds grace{4'000};

}  // namespace

std::optional<std::string> sql_storage::ask_for(storage_request what) {
  const blocking_scope waits;
  return value_or_raise(rows_->ask(std::move(what), gathered_storage::clock::now() + 2 * deadline_ + grace));
}

std::optional<storage_account::room> sql_storage::room_for(const std::vector<std::string>& keys, std::uint64_t bytes) {
  if (!quota_) return std::nullopt;
  return quota_->demand_room(keys, bytes);
}

void sql_storage::tell_of(const std::string& key) const {
  observation_.tell([&](storage_observer& who) { who.changed(key); });
}

void sql_storage::note_removal(std::uint64_t bytes) {
  if (quota_) quota_->account().free(bytes);
}

std::optional<json> sql_storage::get(const std::string& key) {
  const auto text = ask_for(get_stored(plugin_, key));
  if (!text) return std::nullopt;
  return json::parse(*text);
}

std::map<std::string, json> sql_storage::get_many(const std::vector<std::string>& keys) {
  std::vector<storage_request> wanted;
  for (const auto& key : std::set<std::string>{keys.begin(), keys.end()}) wanted.push_back(get_stored(plugin_, key));
  const auto found = read_storage_answers(wanted, executor_->execute(storage_statement(wanted), deadline_));
  std::map<std::string, json> values;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (found[i]) values.emplace(wanted[i].key, json::parse(*found[i]));
  return values;
}

void sql_storage::set(const std::string& key, const json& value, std::optional<std::chrono::milliseconds> ttl) {
  auto row = set_stored(plugin_, key, value, ttl);
  auto room = room_for({key}, stored_bytes(key, row.value));
  ask_for(std::move(row));
  if (room) room->use();
  tell_of(key);
}

void sql_storage::set_many(const std::map<std::string, json>& values, std::optional<std::chrono::milliseconds> ttl) {
  std::vector<storage_request> rows;
  std::vector<std::string> keys;
  std::uint64_t bytes = 0;
  for (const auto& [key, value] : values) {
    rows.push_back(set_stored(plugin_, key, value, ttl));
    keys.push_back(key);
    bytes += stored_bytes(key, rows.back().value);
  }
  auto room = room_for(keys, bytes);
  executor_->execute(storage_statement(rows), deadline_);
  if (room) room->use();
  for (const auto& key : keys) tell_of(key);
}

bool sql_storage::compare_and_set(const std::string& key, const std::optional<json>& expected,
                                  const std::optional<json>& desired) {
  const auto swap = swap_stored(plugin_, key, expected, desired);
  auto room = desired ? room_for({key}, stored_bytes(key, desired->dump())) : std::nullopt;
  const bool swapped = executor_->execute(swap, deadline_).affected() == 1;
  if (swapped && room) room->use();
  if (swapped && expected && !desired) note_removal(stored_bytes(key, expected->dump()));
  if (swapped) tell_of(key);
  return swapped;
}

bool sql_storage::remove(const std::string& key) {
  const auto bytes = ask_for(remove_stored(plugin_, key));
  if (!bytes) return false;
  note_removal(std::stoull(*bytes));
  tell_of(key);
  return *bytes != "0";
}

std::vector<std::string> sql_storage::keys(const std::string& prefix, const std::string& after, std::size_t limit) {
  return read_stored_keys(
      executor_->execute(list_stored_keys(plugin_, prefix, after, static_cast<int>(limit)), deadline_));
}

std::size_t sql_storage::clear() {
  const auto cleared = executor_->execute(clear_stored(plugin_), deadline_).affected();
  if (quota_) quota_->account().forget();
  observation_.tell([](storage_observer& who) { who.cleared(); });
  return cleared;
}

double sql_storage::increment(const std::string& key, double by) {
  auto addition = increment_stored(plugin_, key, by);
  auto room = quota_ ? std::optional{quota_->demand_room_for_number(key)} : std::nullopt;
  const auto sum = ask_for(std::move(addition));
  if (sum && room) room->use();
  if (sum) tell_of(key);
  if (!sum)
    throw error{ec::invalid_argument,
                "the value of storage key '" + key + "' is no number, so nothing can be added to it"};
  return json::parse(*sum).get<double>();
}

stored_look sql_storage::look_at(const std::vector<std::string>& keys) {
  return read_stored_look(executor_->execute(look_at_stored(plugin_, keys), deadline_));
}

std::map<std::string, stored_state> sql_storage::states(const std::string& prefix) {
  const auto rows =
      executor_->execute(list_stored_states(plugin_, prefix, static_cast<int>(most_watched) + 1), deadline_);
  if (rows.size() > most_watched) refuse_to_look(prefix);
  return read_stored_states(rows);
}

void sql_storage::observe(std::weak_ptr<storage_observer> who) {
  observers_->add(plugin_, who);
  observation_.begin(std::move(who));
}

}  // namespace streamspace
