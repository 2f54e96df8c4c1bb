#pragma once

#include <support/postgres_fixture.hpp>

#include "runtime_test.hpp"

namespace streamspace::testing {

/// Runtimes on a database of the test's own.
class database_runtime_test : public runtime_test {
 protected:
  runtime_options with_database() {
    auto settings = options();
    settings.database_url = database_.url();
    settings.database_connections = 4;
    return settings;
  }

  /// A started runtime with these plugins; those that the database says are enabled are loaded.
  std::unique_ptr<runtime> started_on_database(std::vector<plugin_factory> plugins,
                                               std::optional<runtime_options> with = {}) {
    auto rt = std::make_unique<runtime>(with ? std::move(*with) : with_database());
    for (auto& plugin : plugins) rt->register_builtin(std::move(plugin));
    rt->start();
    return rt;
  }

  /// What another client of the database sees or does.
  sql_result query(const std::string& text, sql_params params = {}) {
    return database_.connect().execute({text, std::move(params)}, patience);
  }

  const std::string& url() const noexcept { return database_.url(); }

 private:
  test_database database_;
};

}  // namespace streamspace::testing
