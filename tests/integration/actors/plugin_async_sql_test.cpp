// SQL for whose answers a plugin does not hold its turn, on a real PostgreSQL.
#include <future>
#include <memory>
#include <string>

#include <gmock/gmock.h>

#include "obedient_plugin_test.hpp"

namespace streamspace {
namespace {

using testing::eventually;
using testing::soon;
using testing::state_of;

class PluginAsyncSql : public testing::obedient_plugin_test {
 protected:
  /// Keeps "SELECT pg_advisory_xact_lock(1)" waiting while it is there.
  struct held_lock {
    explicit held_lock(const std::string& url) : connection{url, testing::patience} {
      connection.execute({"SELECT pg_advisory_lock(1)", {}}, testing::patience);
    }
    pg_connection connection;
  };
  std::unique_ptr<held_lock> hold_lock() const { return std::make_unique<held_lock>(url()); }
  static inline const sql_statement locks{"SELECT pg_advisory_xact_lock(1)", {}};
};

TEST_F(PluginAsyncSql, LeavesTheTurnToOthersUntilTheAnswerComes) {
  const auto rt = started_on_database({obedient("p")});
  auto lock = hold_lock();
  std::promise<std::string> answer;
  in_turn(*rt, "p", [&](plugin_context& ctx) {
    ctx.database().query_then(locks, [&](const result<sql_result>& rows) {
      answer.set_value(std::to_string(rows->size()) + (ctx.in_turn() ? " row in turn" : " row"));
    });
  });
  bool free = false;
  in_turn(*rt, "p", [&](plugin_context&) { free = true; });
  EXPECT_TRUE(free);
  auto future = answer.get_future();
  EXPECT_EQ(future.wait_for(std::chrono::seconds{0}), std::future_status::timeout);
  lock.reset();
  EXPECT_EQ(future.get(), "1 row in turn");
}

TEST_F(PluginAsyncSql, RunsWithThePluginsOwnRights) {
  const auto rt = started_on_database({obedient("p")});
  std::promise<std::string> schema;
  std::promise<std::string> sqlstate;
  in_turn(*rt, "p", [&](plugin_context& ctx) {
    ctx.database().query_then({"SELECT current_schema()", {}}, [&](const result<sql_result>& rows) {
      schema.set_value((*rows)[0].get<std::string>(0));
    });
    ctx.database().exec_then({"DELETE FROM public.users", {}}, [&](const result<std::size_t>& affected) {
      sqlstate.set_value(std::string{affected.error().fact("sqlstate")});
    });
  });
  EXPECT_EQ(schema.get_future().get(), "plugin_p");
  EXPECT_EQ(sqlstate.get_future().get(), "42501");
}

TEST_F(PluginAsyncSql, DestroysTheCallbackOfAPluginThatEndsBeforeTheAnswer) {
  const auto rt = started_on_database({obedient("p")});
  auto lock = hold_lock();
  const auto held = std::make_shared<int>(0);
  in_turn(*rt, "p", [&, weak = std::weak_ptr{held}](plugin_context& ctx) {
    ctx.database().query_then(locks, [mine = weak.lock()](const result<sql_result>&) { ++*mine; });
  });
  EXPECT_EQ(held.use_count(), 2);
  rt->unload("p");
  EXPECT_EQ(held.use_count(), 1) << "though its answer is still to come";
  lock.reset();
  rt->stop();
  EXPECT_EQ(*held, 0);
}

/// Writes, reads what it wrote, and hands over what it saw.
plugin_task write_and_read(plugin_context& ctx, int n, std::promise<std::string>& seen) {
  auto& db = ctx.database();
  co_await db.co_exec("CREATE TABLE t (n int PRIMARY KEY)");
  const auto written = co_await db.co_exec("INSERT INTO t VALUES ($1), ($2)", n, n + 1);
  const auto rows = co_await db.co_query("SELECT sum(n) FROM t");
  std::string state;
  try {
    co_await db.co_exec("INSERT INTO t VALUES ($1)", n);
  } catch (const database_error& e) {
    state = e.sqlstate();
  }
  seen.set_value(std::to_string(written) + " " + rows[0].get<std::string>(0) + " " + state +
                 (ctx.in_turn() ? " in turn" : ""));
}

TEST_F(PluginAsyncSql, LetsACoroutineGoOnInTurns) {
  const auto rt = started_on_database({obedient("p")});
  std::promise<std::string> seen;
  in_turn(*rt, "p", [&](plugin_context& ctx) { ctx.start(write_and_read(ctx, 20, seen)); });
  EXPECT_EQ(seen.get_future().get(), "2 41 23505 in turn");
}

plugin_task fails(plugin_context& ctx) {
  co_await ctx.database().co_query("SELECT * FROM nowhere");
}

TEST_F(PluginAsyncSql, CountsWhatACoroutineThrowsAsAHandlersFailure) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [&](plugin_context& ctx) { ctx.start(fails(ctx)); });
  ASSERT_TRUE(eventually([&] { return rt->plugin("p")->counters.failed == 1; }));
  EXPECT_TRUE(logs().has(log_level::error, "nowhere"));
  EXPECT_EQ(state_of(*rt, "p"), plugin_state::enabled);
}

plugin_task waits(plugin_context& ctx, std::shared_ptr<int> held, sql_statement what) {
  co_await ctx.database().co_query(what.text);
  ++*held;
}

TEST_F(PluginAsyncSql, DestroysTheCoroutineOfAPluginThatEndsBeforeTheAnswer) {
  const auto rt = started_on_database({obedient("p")});
  auto lock = hold_lock();
  auto held = std::make_shared<int>(0);
  in_turn(*rt, "p", [&](plugin_context& ctx) { ctx.start(waits(ctx, held, locks)); });
  EXPECT_EQ(held.use_count(), 2);
  rt->unload("p");
  EXPECT_EQ(held.use_count(), 1) << "though its answer is still to come";
  lock.reset();
  rt->stop();
  EXPECT_EQ(*held, 0);
}

TEST_F(PluginAsyncSql, StartsACoroutineInTurnOnly) {
  const auto rt = started_on_database({obedient("p")});
  plugin_context* context = nullptr;
  in_turn(*rt, "p", [&](plugin_context& ctx) { context = &ctx; });
  EXPECT_EQ(testing::code_of([&] { context->start(fails(*context)); }), ec::not_in_turn);
}

TEST_F(PluginAsyncSql, IsRefusedWithoutADatabase) {
  const auto rt = running({obedient("p")});
  std::promise<std::optional<error>> refusal;
  in_turn(*rt, "p", [&](plugin_context& ctx) {
    ctx.database().query_then({"SELECT 1", {}},
                              [&](const result<sql_result>& rows) { refusal.set_value(rows.error()); });
  });
  EXPECT_EQ(refusal.get_future().get()->code(), ec::unavailable);
}

}  // namespace
}  // namespace streamspace
