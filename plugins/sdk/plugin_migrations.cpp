#include <utility>

#include <streamspace/messages/error.hpp>
#include <streamspace/messages/table_name.hpp>
#include <streamspace/plugins/sdk/plugin_migrations.hpp>

namespace streamspace {

namespace {

void demand_order(const std::string& plugin, const std::vector<plugin_migration>& steps) {
  int last = 0;
  for (const auto& step : steps) {
    if (step.version <= last)
      throw error{ec::invalid_argument, "migration " + label_of(step.version, step.name) + " of plugin " + plugin +
                                            " must have a version above " + std::to_string(last)};
    if (step.up.empty())
      throw error{ec::invalid_argument,
                  "migration " + label_of(step.version, step.name) + " of plugin " + plugin + " does nothing"};
    last = step.version;
  }
}

/// Runs a part of a step; its error names the step.
void run(sql_transaction& tx, const std::string& script, int version, const std::string& name, const char* what) {
  try {
    tx.run_script(script);
  } catch (const error& e) {
    raise(
        {e.code(), "migration " + label_of(version, name) + " could not be " + what + ": " + e.message(), e.context()});
  }
}

}  // namespace

plugin_migrations::plugin_migrations(std::string plugin, std::shared_ptr<sql_executor> executor, sql_deadline deadline)
    : plugin_{std::move(plugin)},
      executor_{std::move(executor)},
      deadline_{deadline},
      table_{plugin_table_name(plugin_, "_migrations")} {}

std::unique_ptr<sql_transaction> plugin_migrations::begin() {
  auto tx = executor_->begin(deadline_);
  tx->execute({"SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", {"streamspace migrations of " + plugin_}});
  if (!tx->execute({"SELECT to_regclass($1) IS NOT NULL", {table_}})[0].get<bool>(0))
    tx->execute({"CREATE TABLE " + table_ +
                     " (version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, down text NOT NULL, "
                     "applied_at timestamptz NOT NULL DEFAULT now())",
                 {}});
  return tx;
}

std::vector<plugin_migrations::applied_step> plugin_migrations::applied(sql_transaction& tx) const {
  std::vector<applied_step> steps;
  for (const auto row : tx.execute({"SELECT version, name, checksum, down FROM " + table_ + " ORDER BY version", {}}))
    steps.push_back({{row.get<int>(0), row.get<std::string>(1), row.get<std::string>(2)}, row.get<std::string>(3)});
  return steps;
}

std::vector<std::string> plugin_migrations::checksums_of(sql_transaction& tx,
                                                         const std::vector<plugin_migration>& steps) const {
  sql_statement question;
  for (const auto& step : steps) {
    const auto number = std::to_string(question.params.size() + 1);
    question.text += (question.params.empty() ? "VALUES (" : ", (") + number + ", encode(sha256(convert_to($" + number +
                     "::text, 'UTF8')), 'hex'))";
    question.params.emplace_back(step.up);
  }
  question.text += " ORDER BY 1";
  std::vector<std::string> checksums;
  for (const auto row : tx.execute(question)) checksums.push_back(row.get<std::string>(1));
  return checksums;
}

std::vector<int> plugin_migrations::apply(const std::vector<plugin_migration>& steps) {
  demand_order(plugin_, steps);
  std::vector<int> done;
  while (!steps.empty()) {
    const auto tx = begin();
    const auto checksums = checksums_of(*tx, steps);
    std::vector<migration> known;
    for (std::size_t i = 0; i < steps.size(); ++i)
      known.push_back({steps[i].version, steps[i].name, steps[i].up, checksums[i]});
    std::vector<applied_migration> before;
    for (auto& step : applied(*tx)) before.push_back(std::move(step.what));
    const auto missing = plan_migrations(known, before, "plugin " + plugin_);
    if (!missing.empty()) {
      const auto& next = missing.front();
      const auto& step = steps[steps.size() - missing.size()];
      run(*tx, step.up, step.version, step.name, "applied");
      tx->execute({"INSERT INTO " + table_ + " (version, name, checksum, down) VALUES ($1, $2, $3, $4)",
                   {step.version, step.name, next.checksum, step.down}});
      done.push_back(step.version);
    }
    tx->commit();
    if (missing.size() <= 1) break;
  }
  return done;
}

void plugin_migrations::take_back(sql_transaction& tx, const applied_step& step) const {
  const auto& [what, down] = step;
  if (down.empty())
    throw error{ec::conflict, "migration " + label_of(what.version, what.name) + " of plugin " + plugin_ +
                                  " cannot be taken back: it says nothing of how"};
  run(tx, down, what.version, what.name, "taken back");
  tx.execute({"DELETE FROM " + table_ + " WHERE version = $1", {what.version}});
}

std::vector<int> plugin_migrations::roll_back(int to_version) {
  std::vector<int> done;
  while (true) {
    const auto tx = begin();
    const auto before = applied(*tx);
    const bool any = !before.empty() && before.back().what.version > to_version;
    if (any) take_back(*tx, before.back());
    tx->commit();
    if (!any) return done;
    done.push_back(before.back().what.version);
  }
}

void plugin_migrations::take_back(std::vector<int> versions) {
  for (; !versions.empty(); versions.pop_back()) {
    const auto tx = begin();
    const auto before = applied(*tx);
    if (before.empty() || before.back().what.version != versions.back())
      throw error{ec::conflict, "migration " + std::to_string(versions.back()) + " of plugin " + plugin_ +
                                    " is not taken back, as it is not the last one any more"};
    take_back(*tx, before.back());
    tx->commit();
  }
}

}  // namespace streamspace
