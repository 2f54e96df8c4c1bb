#pragma once

#include <memory>
#include <string>
#include <vector>

#include <streamspace/messages/migration_plan.hpp>
#include <streamspace/messages/sql.hpp>

namespace streamspace {

/// One step of the layout of a plugin's tables. A step that has been released is never changed; a new one follows it.
struct plugin_migration {
  int version = 0;  ///< Above 0, and above that of the step before.
  std::string name;
  std::string up;    ///< Statements.
  std::string down;  ///< Statements that take it back; empty when that cannot be done.
};

/// Brings the tables of one plugin from one layout to another. Each step is one transaction together with its row in
/// the table that says which steps there were; hosts that do it at the same time wait for each other.
class plugin_migrations {
 public:
  plugin_migrations(std::string plugin, std::shared_ptr<sql_executor> executor, sql_deadline deadline);

  /// Applies what is missing; the versions.
  std::vector<int> apply(const std::vector<plugin_migration>& steps);
  /// Takes back, the last one first, all steps above this version; the versions.
  std::vector<int> roll_back(int to_version);
  /// Takes back these steps, the last one first, each only while it is the topmost. Error conflict when somebody has
  /// gone on from there.
  void take_back(std::vector<int> versions);

 private:
  struct applied_step {
    applied_migration what;
    std::string down;
  };

  void take_back(sql_transaction& tx, const applied_step& step) const;
  /// A transaction that has the lock and finds the table of steps there.
  std::unique_ptr<sql_transaction> begin();
  std::vector<applied_step> applied(sql_transaction& tx) const;
  std::vector<std::string> checksums_of(sql_transaction& tx, const std::vector<plugin_migration>& steps) const;

  const std::string plugin_;
  const std::shared_ptr<sql_executor> executor_;
  const sql_deadline deadline_;
  const std::string table_;  ///< Quoted.
};

}  // namespace streamspace
