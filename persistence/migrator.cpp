#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/migrator.hpp>
#include <streamspace/persistence/pg_connection.hpp>

namespace streamspace {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Any number will do, so long as no other program takes an advisory lock by it: "stspmigr" in ASCII.
constexpr std::string_view lock_key = "8319678458091829618";

/// What an error of step `step` becomes: the same, with the step named.
[[noreturn]] void step_failed(const migration& step, const error& cause) {
  raise({cause.code(), "migration " + label_of(step.version, step.name) + " failed: " + cause.message(),
         cause.context()});
}

class migration_run {
 public:
  migration_run(pg_connection& connection, std::span<const migration> known, milliseconds deadline)
      : connection_{connection}, known_{known}, until_{steady_clock::now() + deadline} {}

  std::vector<int> finish() {
    std::vector<int> done;
    while (const auto version = apply_next()) done.push_back(version);
    return done;
  }

 private:
  /// Applies the next step that is missing and returns its version, or 0 when none is.
  int apply_next() {
    connection_.begin(left());
    try {
      take_lock();
      const auto missing = plan_migrations(known_, applied());
      if (!missing.empty()) apply(missing.front());
      connection_.commit(left());
      return missing.empty() ? 0 : missing.front().version;
    } catch (...) {
      if (connection_.usable() && connection_.in_transaction()) connection_.rollback(milliseconds{5'000});
      throw;
    }
  }

  void take_lock() {
    try {
      connection_.execute({"SELECT pg_advisory_xact_lock(" + std::string{lock_key} + ")", {}}, left());
    } catch (const error& e) {
      if (e.code() != ec::timeout) throw;
      throw error{ec::timeout,
                  "the database's layout could not be checked: another program was still changing it at the deadline"};
    }
  }

  std::vector<applied_migration> applied() {
    const auto table = connection_.execute({"SELECT to_regclass('schema_migrations') IS NOT NULL", {}}, left());
    if (!table[0].get<bool>(0)) {
      create_table();
      return {};
    }
    std::vector<applied_migration> steps;
    for (const auto row :
         connection_.execute({"SELECT version, name, checksum FROM schema_migrations ORDER BY version", {}}, left()))
      steps.push_back({row.get<int>(0), row.get<std::string>(1), row.get<std::string>(2)});
    return steps;
  }

  void create_table() {
    try {
      connection_.execute(
          {"CREATE TABLE schema_migrations (version integer PRIMARY KEY CHECK (version > 0), name text NOT NULL, "
           "checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
           {}},
          left());
    } catch (const database_error& e) {
      if (e.sqlstate() != "42501" && e.sqlstate() != "3F000") throw;
      throw database_error{
          {ec::database_error,
           "the tables cannot be made in the " + connection_.description() + ": " + std::string{e.fact("message")} +
               "; make the database with this user as its owner, or GRANT CREATE ON SCHEMA public to the user",
           e.context()}};
    }
  }

  void apply(const migration& step) {
    try {
      connection_.execute_script(std::string{step.sql}, left());
      connection_.execute({"INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
                           {step.version, step.name, step.checksum}},
                          left());
    } catch (const error& e) {
      step_failed(step, e);
    }
  }

  milliseconds left() const {
    const auto rest = std::chrono::ceil<milliseconds>(until_ - steady_clock::now());
    if (rest <= milliseconds{0}) throw error{ec::timeout, "bringing the database up to date took too long"};
    return rest;
  }

  pg_connection& connection_;
  std::span<const migration> known_;
  steady_clock::time_point until_;
};

}  // namespace

std::vector<int> migrate(pg_connection& connection, std::span<const migration> known, milliseconds deadline) {
  return migration_run{connection, known, deadline}.finish();
}

}  // namespace streamspace
