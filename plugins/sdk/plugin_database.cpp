#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include <streamspace/messages/table_name.hpp>
#include <streamspace/plugins/sdk/blocking_scope.hpp>
#include <streamspace/plugins/sdk/plugin_database.hpp>

namespace streamspace {

namespace {

/// Has a statement run by which only rows are affected.
void execute_then(sql_executor& on, sql_statement statement, sql_deadline deadline,
                  std::function<void(result<std::size_t>)> done) {
  on.execute_then(std::move(statement), deadline, [done = std::move(done)](result<sql_result> rows) {
    done(rows.map([](const sql_result& r) { return r.affected(); }));
  });
}

template <class Done>
void demand_function(const Done& done, const char* call) {
  if (!done) throw error{ec::invalid_argument, std::string{call} + " needs a function that takes the answer"};
}

}  // namespace

void plugin_database::query_then(sql_statement statement, std::function<void(result<sql_result>)> done) {
  demand_function(done, "query_then");
  executor_->execute_then(std::move(statement), deadline_, awaited_->expect(std::move(done)));
}

void plugin_database::exec_then(sql_statement statement, std::function<void(result<std::size_t>)> done) {
  demand_function(done, "exec_then");
  execute_then(*executor_, std::move(statement), deadline_, awaited_->expect(std::move(done)));
}

plugin_awaitable<sql_result> plugin_database::awaitable_query(sql_statement statement) {
  return plugin_awaitable<sql_result>{[this, statement = std::move(statement)](auto done) {
    return [this, statement, answered = awaited_->expect(std::move(done))] {
      executor_->execute_then(statement, deadline_, answered);
    };
  }};
}

plugin_awaitable<std::size_t> plugin_database::awaitable_exec(sql_statement statement) {
  return plugin_awaitable<std::size_t>{[this, statement = std::move(statement)](auto done) {
    return [this, statement, answered = awaited_->expect(std::move(done))] {
      execute_then(*executor_, statement, deadline_, answered);
    };
  }};
}

std::unique_ptr<sql_transaction> plugin_database::begin(const transaction_options& how) {
  auto port = executor_->begin(deadline_);
  std::string wanted;
  if (how.level == isolation::repeatable_read) wanted = " ISOLATION LEVEL REPEATABLE READ";
  if (how.level == isolation::serializable) wanted = " ISOLATION LEVEL SERIALIZABLE";
  if (how.read_only) wanted += " READ ONLY";
  if (!wanted.empty()) port->execute({"SET TRANSACTION" + wanted, {}});
  return port;
}

bool plugin_database::was_in_anothers_way(const database_error& e) noexcept {
  return e.sqlstate() == "40001" || e.sqlstate() == "40P01";
}

void plugin_database::pause_before_retry(unsigned attempt) {
  constexpr unsigned longest = 7;  // As a power of two, in milliseconds.
  static thread_local std::minstd_rand random{std::random_device{}()};
  const auto most = std::chrono::milliseconds{1 << std::min(attempt + 1, longest)};
  const blocking_scope waits;
  std::this_thread::sleep_for(std::uniform_int_distribution<std::chrono::microseconds::rep>{
      0, std::chrono::microseconds{most}.count()}(random)*std::chrono::microseconds{1});
}

void plugin_database::tell_of(streamspace::transaction& committed) {
  if (log_ && !committed.emitted_.empty()) log_->committed(std::move(committed.emitted_));
}

void plugin_database::create_table(std::string_view table_name, std::string_view columns) {
  executor_->execute({"CREATE TABLE IF NOT EXISTS " + table(table_name) + " (" + std::string{columns} + ")", {}},
                     deadline_);
}

void plugin_database::migrate(const std::string& script) {
  executor_->run_script(script, deadline_);
}

std::string plugin_database::table(std::string_view table_name) const {
  return plugin_table_name(plugin_, table_name);
}

std::vector<int> plugin_database::migrate(const std::vector<plugin_migration>& steps) {
  auto applied = plugin_migrations{plugin_, executor_, deadline_}.apply(steps);
  const std::lock_guard lock{mutex_};
  migrated_.insert(migrated_.end(), applied.begin(), applied.end());
  return applied;
}

void plugin_database::take_back_migrations() {
  std::vector<int> versions;
  {
    const std::lock_guard lock{mutex_};
    versions.swap(migrated_);
  }
  if (!versions.empty()) plugin_migrations{plugin_, executor_, deadline_}.take_back(std::move(versions));
}

void plugin_database::keep_migrations() {
  const std::lock_guard lock{mutex_};
  migrated_.clear();
}

}  // namespace streamspace
