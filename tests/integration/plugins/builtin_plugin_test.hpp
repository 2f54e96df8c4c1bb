#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <support/pg_executor.hpp>
#include <support/plugin_test_bed.hpp>
#include <support/postgres_fixture.hpp>

#include <streamspace/plugins/sdk/global_plugin_registry.hpp>

namespace streamspace::testing {

/// The built-in plugin of this name.
inline plugin_factory builtin(std::string_view name) {
  return global_plugin_registry::instance().find(name).value();
}

/// An instant of the tests' day, so many seconds into it.
inline timestamp second(double s) {
  return parse_rfc3339("2026-03-29T00:00:00Z").value() +
         std::chrono::microseconds{static_cast<long long>(s * 1'000'000)};
}

inline session a_session(std::string id, std::string user_id = "u1", std::string template_name = "firefox") {
  session s;
  s.id = std::move(id);
  s.user_id = std::move(user_id);
  s.template_name = std::move(template_name);
  return s;
}

/// The event as if it had happened at that instant.
inline event at(timestamp time, event e) {
  e.set_time(time);
  return e;
}

/// A test of one built-in plugin on a database of its own.
class builtin_plugin_test : public ::testing::Test {
 protected:
  explicit builtin_plugin_test(std::string name) : name_{std::move(name)} {}

  plugin_test_bed make_bed(json config = json::object()) {
    return plugin_test_bed{builtin(name_), {.config = std::move(config), .database = executor_}};
  }
  sql_result sql(std::string text) { return executor_->execute({std::move(text), {}}, patience); }

  std::shared_ptr<sql_executor> executor() const { return executor_; }

 private:
  std::string name_;
  test_database database_{test_database::layout::empty};
  std::shared_ptr<sql_executor> executor_ = make_pg_executor(database_.url());
};

/// Expects the outcome to be a success and shows why it is none.
inline void expect_ok(const call_outcome& outcome) {
  EXPECT_TRUE(outcome.ok()) << to_string(outcome.outcome) << " " << outcome.exception_type << ": " << outcome.what;
}

inline void expect_all_ok(const std::vector<call_outcome>& outcomes, std::size_t count) {
  EXPECT_EQ(outcomes.size(), count);
  for (const auto& outcome : outcomes) expect_ok(outcome);
}

}  // namespace streamspace::testing
