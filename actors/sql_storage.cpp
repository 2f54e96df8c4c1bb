#include <streamspace/actors/sql_storage.hpp>
#include <streamspace/persistence/storage_sql.hpp>

namespace streamspace {

namespace {

constexpr int keys_a_page = 10'000;

}  // namespace

sql_result sql_storage::run(const sql_statement& statement) {
  try {
    return executor_->execute(statement, deadline_);
  } catch (const error& e) {
    raise(explain_storage_error(e));
  }
}

std::optional<json> sql_storage::get(const std::string& key) {
  return read_stored_value(run(get_stored(plugin_, key)));
}

void sql_storage::set(const std::string& key, const json& value) {
  run(set_stored(plugin_, key, value));
}

bool sql_storage::remove(const std::string& key) {
  return run(remove_stored(plugin_, key)).affected() > 0;
}

std::vector<std::string> sql_storage::keys(const std::string& prefix) {
  std::vector<std::string> all;
  std::size_t before = 0;
  do {
    before = all.size();
    auto page =
        read_stored_keys(run(list_stored_keys(plugin_, prefix, all.empty() ? std::string{} : all.back(), keys_a_page)));
    all.insert(all.end(), std::make_move_iterator(page.begin()), std::make_move_iterator(page.end()));
  } while (all.size() - before == keys_a_page);
  return all;
}

std::size_t sql_storage::clear() {
  return run(clear_stored(plugin_)).affected();
}

double sql_storage::increment(const std::string& key, double by) {
  return read_increment(run(increment_stored(plugin_, key, by)), key);
}

}  // namespace streamspace
