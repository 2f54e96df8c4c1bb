#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/plugin.hpp>
#include <streamspace/testing.hpp>

namespace streamspace::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Does in on_load what the test says, and writes down what it hears.
struct scripted : base_plugin {
  inline static std::function<void(scripted&, plugin_context&)> script;

  void on_load(plugin_context& ctx) override { script(*this, ctx); }
  event_handler note(std::string as) {
    return [this, as](const event&) { heard.push_back(as); };
  }

  std::vector<std::string> heard;
};

plugin_harness<scripted> running(std::function<void(scripted&, plugin_context&)> script, harness_options with = {}) {
  scripted::script = std::move(script);
  return plugin_harness<scripted>{std::move(with)};
}

TEST(PluginHarnessTurns, CallHandlersByPriorityThenInTheOrderOfSubscribing) {
  auto h = running([](scripted& me, plugin_context& ctx) {
    ctx.events().on("a.*", me.note("first"));
    ctx.events().on("a.b", me.note("high")).priority(5);
    ctx.events().on("a.>", me.note("low")).priority(-1);
    ctx.events().on("a.b", me.note("second"));
    ctx.events().on("a.c", me.note("other"));
  });
  const auto report = h.emit("a.b");
  EXPECT_THAT(h.plugin().heard, ElementsAre("high", "first", "second", "low"));
  ASSERT_THAT(report.results, SizeIs(4));
  EXPECT_EQ(report.results[0].subscription, "a.b");
  EXPECT_EQ(report.results[3].subscription, "a.>");
}

TEST(PluginHarnessTurns, KeepToFiltersAndOnce) {
  auto h = running([](scripted& me, plugin_context& ctx) {
    ctx.events().on("a", me.note("u7")).where(R"(data.user_id == "u7")");
    ctx.events().on("a", me.note("once")).once();
    ctx.events().on("a", me.note("once u7")).once().where(R"(data.user_id == "u7")");
  });
  EXPECT_EQ(h.emit("a", {{"user_id", "u1"}}).handled(), 1U);
  EXPECT_EQ(h.emit("a", {{"user_id", "u7"}}).handled(), 2U);
  EXPECT_EQ(h.emit("a", {{"user_id", "u7"}}).handled(), 1U);
  EXPECT_THAT(h.plugin().heard, ElementsAre("once", "u7", "once u7", "u7"));
}

TEST(PluginHarnessTurns, UseUpASubscriptionForOnceWithTheEventThatWaitsForIt) {
  auto h = running([](scripted& me, plugin_context& ctx) {
    ctx.events().on("go", [&ctx](const event&) {
      EXPECT_EQ(ctx.events().emit("x").matched, 1U);
      EXPECT_EQ(ctx.events().emit("x").matched, 0U);
    });
    ctx.events().on("plugin.plugin.x", me.note("x")).once();
  });
  EXPECT_THAT(h.emit("go").failures(), IsEmpty());
  EXPECT_THAT(h.plugin().heard, ElementsAre("x"));
}

TEST(PluginHarnessTurns, ReportAFailingHandlerAndGoOn) {
  auto h = running([](scripted& me, plugin_context& ctx) {
    ctx.events().on("a", [&](const event&) {
      ctx.events().on("b", me.note("b"));
      throw std::runtime_error{"lost"};
    });
    ctx.events().on("a", [](const event&) { throw error{ec::not_found, "no such user"}; });
    ctx.events().on("a", [](const event&) { throw plugin_crash{"gone"}; });
    ctx.events().on("a", me.note("a"));
  });
  const auto report = h.emit("a");
  EXPECT_EQ(report.handled(), 1U);
  const auto failures = report.failures();
  ASSERT_THAT(failures, SizeIs(3));
  EXPECT_EQ(failures[0].outcome, delivery_outcome::exception);
  EXPECT_EQ(failures[0].exception_type, "std::runtime_error");
  EXPECT_EQ(failures[0].what, "lost");
  EXPECT_EQ(failures[1].outcome, delivery_outcome::error);
  EXPECT_EQ(failures[1].what, "no such user");
  EXPECT_EQ(failures[2].what, "gone");
  EXPECT_TRUE(h.emit("b").results.empty()) << "what it registered is taken back";
  ASSERT_THAT(h.logs(), SizeIs(3));
  EXPECT_EQ(h.logs()[0].data, (json{{"during", "a"}, {"exception", "std::runtime_error"}, {"what", "lost"}}));
}

TEST(PluginHarnessTurns, DeliverWhatAHandlerEmitsAfterItHasReturned) {
  auto h = running([](scripted& me, plugin_context& ctx) {
    ctx.events().on("go", [&](const event&) {
      const auto report = ctx.events().emit("one");
      EXPECT_EQ(report.matched, 2U);
      EXPECT_EQ(report.enqueued, 2U);
      ctx.events().emit("two");
      me.heard.emplace_back("go returns");
    });
    ctx.events().on("go", me.note("go again"));
    ctx.events().on("plugin.plugin.one", me.note("one"));
    ctx.events().on("plugin.plugin.*", [&](const event& e) {
      me.heard.push_back("any " + e.type());
      throw std::runtime_error{"not this"};
    });
  });
  const auto report = h.emit("go");
  EXPECT_THAT(h.plugin().heard,
              ElementsAre("go returns", "go again", "one", "any plugin.plugin.one", "any plugin.plugin.two"));
  EXPECT_EQ(report.handled(), 2U);
  EXPECT_THAT(report.others, SizeIs(3));
  EXPECT_THAT(report.failures(), SizeIs(2));
  EXPECT_THAT(h.emitted(), SizeIs(2));
}

TEST(PluginHarnessTurns, HearWhatAHandlerSubscribesToOnceItHasReturned) {
  auto h = running([](scripted& me, plugin_context& ctx) {
    ctx.events().on("go", [&](const event&) {
      ctx.events().on("plugin.plugin.*", me.note("new"));
      ctx.events().emit("before");
    });
  });
  h.emit("go");
  EXPECT_THAT(h.plugin().heard, IsEmpty()) << "it was emitted before it was in force";
  h.context().events().emit("after");
  EXPECT_THAT(h.plugin().heard, ElementsAre("new"));
}

TEST(PluginHarnessTurns, EndACircle) {
  auto h = running([](scripted& me, plugin_context& ctx) {
    ctx.events().on("plugin.plugin.round", [&](const event&) { ctx.events().emit("round"); });
    ctx.events().on("a", me.note("a"));
  });
  h.context().events().emit("round");
  const auto refused = failure_of([&] { h.emit("a"); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), ec::plugin_failed);
  EXPECT_THAT(refused->message(), HasSubstr("emits in a circle"));
  EXPECT_THAT(refused->message(), HasSubstr("'plugin.plugin.round'"));
  EXPECT_THAT(h.emitted(), SizeIs(10'000));
  EXPECT_EQ(h.emit("a").handled(), 1U) << "what was left is given up";
  EXPECT_THAT(h.plugin().heard, ElementsAre("a", "a"));
}

TEST(PluginHarnessTurns, EndACircleThatLoadingBegins) {
  static int unloads;
  struct turns_round : base_plugin {
    void on_load(plugin_context& ctx) override {
      ctx.events().on("plugin.plugin.round", [&ctx](const event&) { ctx.events().emit("round"); });
    }
    void on_enable(plugin_context& ctx) override {
      ctx.events().emit_then("begin", {}, 1s, [&ctx](const sync_report&) { ctx.events().emit("round"); });
    }
    void on_unload(plugin_context&) override { ++unloads; }
  };
  unloads = 0;
  EXPECT_EQ(code_of([] { plugin_harness<turns_round> h; }), ec::plugin_failed);
  EXPECT_EQ(unloads, 1);
}

TEST(PluginHarnessTurns, WouldDeadlockOnASynchronousEmitToItself) {
  auto h = running([](scripted& me, plugin_context& ctx) {
    ctx.events().on("go", [&](const event&) {
      const auto report = ctx.events().emit_sync("x", {}, 1s);
      for (const auto& result : report.results)
        me.heard.push_back(result.subscription + " " + std::string{to_string(result.outcome)});
    });
    ctx.events().on("plugin.plugin.x", me.note("x")).once();
  });
  EXPECT_THAT(h.emit("go").failures(), IsEmpty());
  EXPECT_THAT(h.plugin().heard, ElementsAre("plugin.plugin.x would_deadlock"));
  EXPECT_TRUE(h.context().events().emit_sync("x", {}, 1s).all_handled()) << "out of its turn it is handled";
  EXPECT_THAT(h.plugin().heard, ElementsAre("plugin.plugin.x would_deadlock", "x"));
}

TEST(PluginHarnessTurns, BringTheReportOfEmitThen) {
  auto h = running([](scripted& me, plugin_context& ctx) {
    const auto tell = [&](const sync_report& report) {
      me.heard.push_back(std::to_string(report.results.size()) + " results, " +
                         std::to_string(report.failures().size()) + " failures");
    };
    ctx.events().on("go", [&ctx, &me, tell](const event&) {
      ctx.events().emit_then("x", {}, 1s, tell);
      ctx.events().emit_then("nobody", {}, 1s, tell);
      me.heard.emplace_back("go returns");
    });
    ctx.events().on("plugin.plugin.x", me.note("x"));
    ctx.events().on("plugin.plugin.x", [](const event&) { throw std::runtime_error{"no"}; });
  });
  const auto report = h.emit("go");
  EXPECT_THAT(h.plugin().heard, ElementsAre("go returns", "x", "0 results, 0 failures", "2 results, 1 failures"));
  EXPECT_THAT(report.failures(), SizeIs(1));
}

TEST(PluginHarnessTurns, EmitTypesOfThePlatformAsTheManifestAllows) {
  auto manifest = plain_manifest("plugin");
  manifest.permissions = {"emit:session.*"};
  auto h = running(
      [](scripted& me, plugin_context& ctx) {
        ctx.events().on("go", [&](const event&) {
          ctx.events().emit_platform("session.terminated", session{.id = "s1"});
          ctx.events().emit_platform("user.created");
        });
        ctx.events().on("session.terminated", me.note("terminated"));
      },
      {.manifest = manifest});
  const auto report = h.emit("go");
  ASSERT_THAT(report.failures(), SizeIs(1));
  EXPECT_THAT(report.failures()[0].what, HasSubstr("may not emit 'user.created'"));
  ASSERT_THAT(h.emitted(), SizeIs(1));
  EXPECT_EQ(h.emitted()[0]->get_if<session>()->id, "s1");
  EXPECT_THAT(h.plugin().heard, ElementsAre("terminated"));
}

TEST(PluginHarnessTurns, HearDurableEventsAsTheyAreEmitted) {
  auto h = running([](scripted& me, plugin_context& ctx) {
    ctx.events().on("plugin.plugin.*", me.note("heard")).durable("mine");
    ctx.events().on("go", [&ctx](const event&) { ctx.events().emit_durable("kept"); });
    ctx.events().on("read", [&ctx](const event&) { ctx.events().history({}); });
  });
  h.emit("go");
  EXPECT_THAT(h.plugin().heard, ElementsAre("heard"));
  ASSERT_THAT(h.emit("read").failures(), SizeIs(1));
}

/// Answers every statement with one row, the text of the statement.
class echoing_database final : public sql_executor {
 public:
  sql_result execute(const sql_statement& statement, sql_deadline) override {
    return sql_result{sql_table{{"text"}, {statement.text}, 1, 1}};
  }
  std::unique_ptr<sql_transaction> begin(sql_deadline) override { throw error{ec::unavailable, "no transactions"}; }
  void run_script(const std::string&, sql_deadline) override {}
};

plugin_task ask_twice(plugin_context& ctx, scripted& me) {
  for (const auto* text : {"first", "second"}) {
    const auto rows = co_await ctx.database().co_query(text);
    me.heard.push_back(rows[0].get<std::string>("text"));
  }
}

TEST(PluginHarnessTurns, GoOnWithQueriesAndCoroutines) {
  auto h = running(
      [](scripted& me, plugin_context& ctx) {
        ctx.events().on("go", [&](const event&) {
          ctx.start(ask_twice(ctx, me));
          ctx.database().query_then({"then", {}}, [&](const result<sql_result>& rows) {
            me.heard.push_back((*rows)[0].get<std::string>(0));
            throw std::runtime_error{"after it"};
          });
          me.heard.emplace_back("go returns");
        });
      },
      {.with_database = std::make_shared<echoing_database>()});
  const auto report = h.emit("go");
  EXPECT_THAT(h.plugin().heard, ElementsAre("go returns", "first", "then", "second"));
  ASSERT_THAT(report.failures(), SizeIs(1));
  EXPECT_EQ(report.failures()[0].what, "after it");
}

TEST(PluginHarnessTurns, RefuseSqlWithoutADatabase) {
  auto h = running([](scripted&, plugin_context& ctx) {
    ctx.events().on("go", [&](const event&) { ctx.database().exec("SELECT 1"); });
  });
  const auto report = h.emit("go");
  ASSERT_THAT(report.failures(), SizeIs(1));
  EXPECT_THAT(report.failures()[0].what, HasSubstr("with_database"));
}

TEST(PluginHarnessTurns, TellWatchesOfTheStorage) {
  auto h = running([](scripted& me, plugin_context& ctx) {
    ctx.storage().watch("k:", [&](const storage_change& change) {
      me.heard.push_back(change.key + (change.what == storage_change::kind::set       ? " " + change.value->dump()
                                       : change.what == storage_change::kind::removed ? " removed"
                                                                                      : " expired"));
    });
    ctx.events().on("go", [&](const event&) {
      ctx.storage().set("k:1", 1);
      ctx.storage().set("k:1", 2);
      ctx.storage().set("other", 1);
    });
  });
  EXPECT_THAT(h.emit("go").others, SizeIs(1));
  EXPECT_THAT(h.plugin().heard, ElementsAre("k:1 2"));
  auto& heard = h.plugin().heard;
  auto& storage = h.storage();
  storage.set("k:2", "short", 10s);
  storage.remove("k:1");
  EXPECT_THAT(heard, SizeIs(1)) << "not before the next call of the harness";
  EXPECT_THAT(h.plugin().heard, ElementsAre("k:1 2", "k:1 removed", "k:2 \"short\""));
  h.advance(9'999ms);
  EXPECT_THAT(h.plugin().heard, SizeIs(3));
  EXPECT_THAT(h.advance(1ms).others, SizeIs(1));
  EXPECT_EQ(h.plugin().heard.back(), "k:2 expired");
}

TEST(PluginHarnessTurns, GoByTheHarnessesTime) {
  auto h = running(
      [](scripted& me, plugin_context& ctx) {
        ctx.events().on("go", [&](const event& e) {
          me.heard.push_back(to_rfc3339(e.time()));
          ctx.storage().set("k", 1, 1h);
          ctx.events().emit("on");
          ctx.logger().info("here");
        });
      },
      {.start = *parse_rfc3339("2030-02-28T12:00:00Z")});
  h.advance(24h);
  h.emit("go");
  EXPECT_THAT(h.plugin().heard, ElementsAre("2030-03-01T12:00:00.000000Z"));
  EXPECT_EQ(h.emitted()[0]->time(), h.now());
  EXPECT_EQ(h.logs()[0].time, h.now());
  h.advance(59min);
  EXPECT_EQ(h.storage().get<int>("k"), 1);
  h.advance(1min);
  EXPECT_EQ(h.storage().get("k"), std::nullopt);
  EXPECT_EQ(code_of([&] { h.advance(-1ms); }), ec::invalid_argument);
}

TEST(PluginHarnessTurns, DoWhatOtherThreadsHaveBrought) {
  auto h = running([](scripted& me, plugin_context& ctx) { ctx.events().on("plugin.plugin.*", me.note("heard")); });
  auto& events = h.context().events();
  std::thread{[&] { events.emit("x"); }}.join();
  const auto report = h.run();
  EXPECT_THAT(report.others, SizeIs(1));
  EXPECT_THAT(h.plugin().heard, ElementsAre("heard"));
  EXPECT_TRUE(h.run().others.empty());
}

TEST(PluginHarnessTurns, ForgetWhatWaitsWhenItIsUnloaded) {
  auto h = running([](scripted&, plugin_context& ctx) {
    ctx.events().on("go", [&ctx](const event&) { ctx.storage().watch("k", [](const storage_change&) {}); });
  });
  h.emit("go");
  h.unload();
  h.storage().set("k", 1);
  EXPECT_TRUE(h.run().others.empty());
  h.enable();
  EXPECT_TRUE(h.emit("nothing").others.empty());
}

}  // namespace
}  // namespace streamspace::testing
