#include <streamspace/actors/sql_storage.hpp>
#include <streamspace/persistence/storage_sql.hpp>
#include <streamspace/plugins/sdk/blocking_scope.hpp>

namespace streamspace {

namespace {

constexpr int keys_a_page = 10'000;
/// How much longer than two statements may take a caller waits, so that their own answer, which says more, comes first.
constexpr std::chrono::milliseconds grace{4'000};

}  // namespace

std::optional<std::string> sql_storage::ask_for(storage_request what) {
  const blocking_scope waits;
  return value_or_raise(rows_->ask(std::move(what), gathered_storage::clock::now() + 2 * deadline_ + grace));
}

std::optional<json> sql_storage::get(const std::string& key) {
  const auto text = ask_for(get_stored(plugin_, key));
  if (!text) return std::nullopt;
  return json::parse(*text);
}

void sql_storage::set(const std::string& key, const json& value) {
  ask_for(set_stored(plugin_, key, value));
}

bool sql_storage::remove(const std::string& key) {
  return ask_for(remove_stored(plugin_, key)).has_value();
}

std::vector<std::string> sql_storage::keys(const std::string& prefix) {
  std::vector<std::string> all;
  std::size_t before = 0;
  do {
    before = all.size();
    auto page = read_stored_keys(executor_->execute(
        list_stored_keys(plugin_, prefix, all.empty() ? std::string{} : all.back(), keys_a_page), deadline_));
    all.insert(all.end(), std::make_move_iterator(page.begin()), std::make_move_iterator(page.end()));
  } while (all.size() - before == keys_a_page);
  return all;
}

std::size_t sql_storage::clear() {
  return executor_->execute(clear_stored(plugin_), deadline_).affected();
}

double sql_storage::increment(const std::string& key, double by) {
  const auto sum = ask_for(increment_stored(plugin_, key, by));
  if (!sum)
    throw error{ec::invalid_argument,
                "the value of storage key '" + key + "' is no number, so nothing can be added to it"};
  return json::parse(*sum).get<double>();
}

}  // namespace streamspace
