// Durable events on a real PostgreSQL: what plugins emit with their data, who hears of it and when, and what becomes of
// events that fail, that come while nobody listens, or that other hosts write.
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include <gmock/gmock.h>

#include "obedient_plugin_test.hpp"
#include <streamspace/plugins/sdk/plugin_crash.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::code_of;
using testing::door;
using ::testing::ElementsAre;
using testing::failure_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::journal;
using testing::scripted;
using ::testing::SizeIs;
using testing::sqlstate_of;

class EventLog : public testing::obedient_plugin_test {
 protected:
  /// Writes what it hears: "NAME type n".
  plugin_factory listener(const std::string& name, const std::string& pattern, durable_options how = {}) {
    return scripted(name, {.on_load = [this, pattern, how](plugin_context& ctx) {
                      ctx.events()
                          .on(pattern, [this, &ctx](const event& e) { book_->write(line_of(ctx.name(), e)); })
                          .durable("all", how);
                    }});
  }
  plugin_factory live_listener(const std::string& name, const std::string& pattern) {
    return scripted(name, {.on_load = [this, pattern](plugin_context& ctx) {
                      ctx.events().on(pattern, [this, &ctx](const event& e) { book_->write(line_of(ctx.name(), e)); });
                    }});
  }
  static std::string line_of(const std::string& who, const event& e) {
    return who + " " + e.type() + " " + e.data().value("n", json(nullptr)).dump();
  }

  static durable_options hasty() {
    durable_options how;
    how.first_pause = 1ms;
    how.longest_pause = 2ms;
    how.attempts = 3;
    return how;
  }

  static void emit_in_transaction(plugin_context& ctx, int n) {
    ctx.database().transaction([&](transaction& tx) { tx.emit("made", {{"n", n}}); });
  }

  /// As another host's transaction does.
  static void append_event(pg_connection& on, int n) {
    on.execute({"INSERT INTO event_log (id, type, source, time, data) VALUES "
                "(overlay(gen_random_uuid()::text PLACING '8' FROM 15)::uuid, 'far.away', 'platform', now(), "
                "jsonb_build_object('n', $1::int))",
                {n}},
               testing::patience);
  }
};

TEST_F(EventLog, AnEventOfATransactionIsHeardIfAndOnlyIfItCommits) {
  const auto rt =
      started_on_database({obedient("p"), listener("durable", "plugin.p.*"), live_listener("live", "plugin.p.*")});
  in_turn(*rt, "p", [this](plugin_context& ctx) {
    auto& db = ctx.database();
    db.exec("CREATE TABLE t (n int)");
    EXPECT_THROW(db.transaction([&](transaction& tx) {
      tx.exec("INSERT INTO t VALUES (1)");
      tx.emit("made", {{"n", 1}});
      throw 42;
    }),
                 int);
    db.transaction([&](transaction& tx) {
      tx.exec("INSERT INTO t VALUES (2)");
      tx.emit("made", {{"n", 2}});
      EXPECT_THROW(tx.savepoint([&] {
        tx.emit("made", {{"n", 3}});
        throw 42;
      }),
                   int);
      EXPECT_THAT(book_->lines(), IsEmpty()) << "nothing is heard before the commit";
    });
    emit_in_transaction(ctx, 4);
  });
  ASSERT_TRUE(book_->await(4));
  auto lines = book_->lines();
  std::sort(lines.begin(), lines.end());
  EXPECT_THAT(lines, ElementsAre("durable plugin.p.made 2", "durable plugin.p.made 4", "live plugin.p.made 2",
                                 "live plugin.p.made 4"));
  EXPECT_EQ(query("SELECT count(*) FROM event_log WHERE source = 'p'")[0].get<int>(0), 2);
}

TEST_F(EventLog, WhatEmitDurableHasReturnedFromIsInTheLogWithAllThatTheEventIs) {
  const auto rt = started_on_database({obedient("p")});
  event made{"session.created", json{{"id", "s1"}, {"user_id", "u7"}, {"text", "\"quoted\" \\ Ä\n"}}};
  const auto envelope = made.envelope();
  rt->emit_durable(std::move(made));
  in_turn(*rt, "p", [](plugin_context& ctx) { ctx.events().emit_durable("made", {{"session_id", "s1"}}); });
  const auto read = [&](event_log_filter which) {
    which.newest_first = true;
    return rt->read_event_log(which).events;
  };
  ASSERT_THAT(read({}), SizeIs(2));
  EXPECT_EQ(read({})[1].what->envelope(), envelope);
  EXPECT_EQ(read({})[0].what->source(), "p");
  EXPECT_THAT(read({.user = "u7"}), SizeIs(1));
  EXPECT_THAT(read({.session = "s1"}), SizeIs(2));
  EXPECT_THAT(read({.pattern = "session.*", .session = "s1"}), SizeIs(1));
  EXPECT_THAT(read({.source = "p"}), SizeIs(1));
}

TEST_F(EventLog, WhatTheLogCannotHoldIsRefusedAndNothingIsEmitted) {
  const auto rt = started_on_database({obedient("p"), live_listener("live", "plugin.p.*")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    for (const auto& data : {json(std::string(2U << 20U, 'x')), json(std::string(3, '\0')), json("\xff")})
      EXPECT_EQ(code_of([&] { ctx.events().emit_durable("made", {{"n", data}}); }), ec::invalid_argument);
    EXPECT_EQ(code_of([&] { ctx.events().emit_durable("not a name"); }), ec::invalid_argument);
    ctx.events().emit("made", {{"n", 1}});
  });
  ASSERT_TRUE(book_->await(1));
  EXPECT_THAT(book_->lines(), ElementsAre("live plugin.p.made 1"));
}

TEST_F(EventLog, EventsThatCameWhileAPluginWasAwayReachItWhenItIsBack) {
  auto rt = started_on_database({obedient("p"), listener("durable", "plugin.p.*")});
  rt->unload("durable");
  in_turn(*rt, "p", [](plugin_context& ctx) {
    for (int n = 0; n < 3; ++n) emit_in_transaction(ctx, n);
    ctx.events().emit("made", {{"n", 3}});  // Kept as well, since somebody wants such events.
    ctx.events().emit_durable("made", {{"n", 4}});
  });
  rt.reset();
  EXPECT_THAT(book_->lines(), IsEmpty());
  rt = started_on_database({obedient("p"), listener("durable", "plugin.p.*")});
  ASSERT_TRUE(book_->await(5));
  EXPECT_THAT(book_->lines(),
              ElementsAre("durable plugin.p.made 0", "durable plugin.p.made 1", "durable plugin.p.made 2",
                          "durable plugin.p.made 3", "durable plugin.p.made 4"));
  rt.reset();
  book_->clear();
  rt = started_on_database({obedient("p"), listener("durable", "plugin.p.*")});
  in_turn(*rt, "p", [](plugin_context& ctx) { emit_in_transaction(ctx, 5); });
  ASSERT_TRUE(book_->await(1));
  EXPECT_THAT(book_->lines(), ElementsAre("durable plugin.p.made 5")) << "those before had been handled";
}

TEST_F(EventLog, ANewSubscriptionMayBeginWithAllThatIsThere) {
  auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) { emit_in_transaction(ctx, 1); });
  rt.reset();
  durable_options all;
  all.from_beginning = true;
  rt = started_on_database({obedient("p"), listener("early", "plugin.p.*", all), listener("late", "plugin.p.*")});
  in_turn(*rt, "p", [](plugin_context& ctx) { emit_in_transaction(ctx, 2); });
  ASSERT_TRUE(book_->await(3));
  auto lines = book_->lines();
  std::sort(lines.begin(), lines.end());
  EXPECT_THAT(lines, ElementsAre("early plugin.p.made 1", "early plugin.p.made 2", "late plugin.p.made 2"));
}

TEST_F(EventLog, AnEventThatFailsIsTriedAgainWhileOthersGoOn) {
  auto failing = scripted("q", {.on_load = [this](plugin_context& ctx) {
                            ctx.events()
                                .on("plugin.p.*",
                                    [this, failures = 0](const event& e) mutable {
                                      if (e.data()["n"] == 0 && ++failures < 3) throw error{ec::conflict, "not yet"};
                                      book_->write(line_of("q", e));
                                    })
                                .durable("all", hasty());
                          }});
  const auto rt = started_on_database({obedient("p"), std::move(failing)});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    for (int n = 0; n < 3; ++n) emit_in_transaction(ctx, n);
  });
  ASSERT_TRUE(book_->await(3));
  EXPECT_THAT(book_->lines(),
              ::testing::UnorderedElementsAre("q plugin.p.made 0", "q plugin.p.made 1", "q plugin.p.made 2"));
  EXPECT_THAT(rt->list_dead_letters({}), IsEmpty());
}

TEST_F(EventLog, InOrderAnEventThatFailsHoldsBackThoseAfterIt) {
  auto how = hasty();
  how.in_order = true;
  auto failing = scripted("q", {.on_load = [this, how](plugin_context& ctx) {
                            ctx.events()
                                .on("plugin.p.*",
                                    [this](const event& e) {
                                      book_->write(line_of("q", e));
                                      if (e.data()["n"] == 1) throw error{ec::conflict, "never"};
                                    })
                                .durable("all", how);
                          }});
  const auto rt = started_on_database({obedient("p"), std::move(failing)});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    for (int n = 0; n < 3; ++n) emit_in_transaction(ctx, n);
  });
  ASSERT_TRUE(book_->await(5));
  EXPECT_THAT(book_->lines(), ElementsAre("q plugin.p.made 0", "q plugin.p.made 1", "q plugin.p.made 1",
                                          "q plugin.p.made 1", "q plugin.p.made 2"));
}

TEST_F(EventLog, AnEventThatFailsTooOftenBecomesADeadLetterThatCanBeSentAgain) {
  std::atomic<bool> mended{false};
  auto failing = scripted("q", {.on_load = [&](plugin_context& ctx) {
                            ctx.events()
                                .on("plugin.p.*",
                                    [&](const event& e) {
                                      if (!mended) throw error{ec::conflict, "broken"};
                                      book_->write(line_of("q", e));
                                    })
                                .durable("all", hasty());
                          }});
  const auto rt = started_on_database({obedient("p"), std::move(failing)});
  in_turn(*rt, "p", [](plugin_context& ctx) { emit_in_transaction(ctx, 7); });
  std::vector<dead_letter> letters;
  ASSERT_TRUE(testing::eventually([&] {
    letters = rt->list_dead_letters({});
    return !letters.empty();
  }));
  ASSERT_THAT(letters, SizeIs(1));
  EXPECT_EQ(letters[0].attempts, 3U);
  EXPECT_EQ(letters[0].plugin, "q");
  EXPECT_EQ(letters[0].detail, "broken");
  EXPECT_EQ(query("SELECT count(*) FROM event_retries")[0].get<int>(0), 0);
  mended = true;
  rt->redrive(letters[0].id);
  ASSERT_TRUE(book_->await(1));
  EXPECT_THAT(book_->lines(), ElementsAre("q plugin.p.made 7"));
}

TEST_F(EventLog, RetriesAreKeptOverARestartOfTheHost) {
  std::atomic<bool> mended{false};
  const auto failing = [&] {
    return scripted("q", {.on_load = [&](plugin_context& ctx) {
                      ctx.events()
                          .on("plugin.p.*",
                              [&](const event& e) {
                                if (!mended) throw error{ec::conflict, "broken"};
                                book_->write(line_of("q", e));
                              })
                          .durable("all", {.attempts = 1'000'000, .first_pause = 1ms, .longest_pause = 1ms});
                    }});
  };
  auto rt = started_on_database({obedient("p"), failing()});
  in_turn(*rt, "p", [](plugin_context& ctx) { emit_in_transaction(ctx, 7); });
  ASSERT_TRUE(testing::eventually([&] { return query("SELECT count(*) FROM event_retries")[0].get<int>(0) == 1; }));
  rt.reset();
  mended = true;
  rt = started_on_database({obedient("p"), failing()});
  ASSERT_TRUE(book_->await(1));
  EXPECT_TRUE(testing::eventually([&] { return query("SELECT count(*) FROM event_retries")[0].get<int>(0) == 0; }));
  EXPECT_THAT(book_->lines(), ElementsAre("q plugin.p.made 7"));
}

TEST_F(EventLog, ATransactionThatCommitsLateHidesNothing) {
  auto settings = with_database();
  settings.durable_events = {"far.away"};
  const auto rt = started_on_database({listener("q", "far.away")}, std::move(settings));
  pg_connection late{url(), testing::patience};
  pg_connection other{url(), testing::patience};
  late.begin(testing::patience);
  append_event(late, 1);
  append_event(other, 2);
  // What other plugins do goes on meanwhile.
  rt->emit_durable(event{"near.by"});
  EXPECT_THAT(book_->lines(), IsEmpty()) << "it comes after one that may still come";
  late.commit(testing::patience);
  ASSERT_TRUE(book_->await(2));
  EXPECT_THAT(book_->lines(), ElementsAre("q far.away 1", "q far.away 2"));
}

TEST_F(EventLog, TypesThatTheHostNamesAreKeptWhoeverEmitsThem) {
  auto settings = with_database();
  settings.durable_events = {"session.>"};
  auto rt = started_on_database({obedient("p")}, std::move(settings));
  rt->emit("session.created", json{{"id", "s1"}});
  rt->emit_sync("session.stopped", json{{"id", "s1"}});
  rt->emit("user.created", json{{"id", "u1"}});
  rt->emit_durable("session.deleted", json{{"id", "s1"}});
  std::vector<std::string> types;
  for (const auto& e : rt->read_event_log({.newest_first = true}).events) types.push_back(e.what->type());
  EXPECT_THAT(types, ElementsAre("session.deleted", "session.stopped", "session.created"));
  auto wrong = with_database();
  wrong.durable_events = {"session.>.x"};
  EXPECT_EQ(code_of([&] { started_on_database({}, std::move(wrong)); }), ec::invalid_argument);
}

TEST_F(EventLog, WhatWaitsToBeWrittenIsWrittenBeforeTheEnd) {
  auto settings = with_database();
  settings.durable_events = {"tick"};
  auto rt = started_on_database({}, std::move(settings));
  for (int n = 0; n < 5'000; ++n) rt->emit("tick", json{{"n", n}});
  rt->stop();
  EXPECT_EQ(query("SELECT count(*) FROM event_log")[0].get<int>(0), 5'000);
  EXPECT_EQ(query("SELECT count(*) FROM (SELECT (data->>'n')::int - lag((data->>'n')::int) OVER (ORDER BY xid, seq) "
                  "AS step FROM event_log) s WHERE step <> 1")[0]
                .get<int>(0),
            0)
      << "in the order of the emits";
}

TEST_F(EventLog, OfTwoHostsOneBringsTheEventsAndTheOtherGoesOnWhenItEnds) {
  auto settings = with_database();
  settings.event_log_lease = 300ms;
  settings.secrets_key = std::string(32, 'k');
  auto first = started_on_database({obedient("p"), listener("q", "plugin.p.*")}, settings);
  const auto second = started_on_database({obedient("p"), listener("q", "plugin.p.*")}, settings);
  ASSERT_THAT(first->durable_subscriptions(), SizeIs(1));
  for (int n = 0; n < 10; ++n)
    in_turn(n % 2 == 0 ? *first : *second, "p", [n](plugin_context& ctx) { emit_in_transaction(ctx, n); });
  ASSERT_TRUE(book_->await(10));
  first.reset();
  in_turn(*second, "p", [](plugin_context& ctx) { emit_in_transaction(ctx, 10); });
  ASSERT_TRUE(book_->await(11));
  std::vector<std::string> wanted;
  for (int n = 0; n <= 10; ++n) wanted.push_back("q plugin.p.made " + std::to_string(n));
  EXPECT_EQ(book_->lines(), wanted);
}

TEST_F(EventLog, NothingIsLostOrOutOfOrderWhileThePluginIsReloadedAndCrashes) {
  constexpr int events = 200;
  std::mutex mutex;
  std::vector<int> heard;
  auto fragile = scripted("q", {.on_load = [&](plugin_context& ctx) {
                            ctx.events()
                                .on("plugin.p.*",
                                    [&, seen = 0](const event& e) mutable {
                                      {
                                        std::lock_guard lock{mutex};
                                        heard.push_back(e.data()["n"].get<int>());
                                      }
                                      if (++seen == 60) throw plugin_crash{"as it does"};
                                    })
                                .durable("all", hasty());
                          }});
  fragile.manifest.extra["supervision"] = {
      {"restarts", {{"most", 1000}, {"first_delay_ms", 1}, {"longest_delay_ms", 5}}}};
  const auto rt = started_on_database({obedient("p"), std::move(fragile)});
  std::jthread reloads{[&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      try {
        rt->reload("q");
      } catch (const error&) {  // It may be restarting.
      }
    }
  }};
  in_turn(*rt, "p", [](plugin_context& ctx) {
    for (int n = 0; n < events; ++n) emit_in_transaction(ctx, n);
  });
  reloads = {};
  const auto all_heard = [&] {
    std::lock_guard lock{mutex};
    return std::set<int>(heard.begin(), heard.end()).size() == events;
  };
  EXPECT_TRUE(testing::eventually(all_heard)) << heard.size();
}

TEST_F(EventLog, AReplayReachesOnlyWhoAskedForIt) {
  const auto rt =
      started_on_database({obedient("p"), listener("q", "plugin.p.*"), live_listener("live", "plugin.p.*")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    for (int n = 0; n < 5; ++n) emit_in_transaction(ctx, n);
  });
  ASSERT_TRUE(book_->await(10));
  book_->clear();
  in_turn(*rt, "p", [this](plugin_context& ctx) {
    std::vector<int> seen;
    std::vector<std::uint64_t> numbers;
    const auto remember = [&](const logged_event& e) {
      seen.push_back(e.what->data()["n"].get<int>());
      numbers.push_back(e.at.number);
    };
    EXPECT_EQ(ctx.events().replay({.pattern = "plugin.p.made"}, remember), 5U);
    EXPECT_THAT(seen, ElementsAre(0, 1, 2, 3, 4));
    seen.clear();
    EXPECT_EQ(ctx.events().replay({.from_number = numbers[3]}, remember), 2U);
    EXPECT_THAT(seen, ElementsAre(3, 4));
    EXPECT_EQ(ctx.events().replay({.pattern = "nobody.*"}, remember), 0U);
    EXPECT_THROW(ctx.events().replay({}, [](const logged_event&) { throw 42; }), int);
    EXPECT_EQ(code_of([&] { ctx.events().replay({.newest_first = true}, remember); }), ec::invalid_argument);
    EXPECT_THAT(book_->lines(), IsEmpty());
  });
}

TEST_F(EventLog, ARoleSpeaksForItsOwnPluginOnly) {
  const auto rt = started_on_database({obedient("p"), obedient("q")});
  in_turn(*rt, "q", [](plugin_context& ctx) { ctx.database().exec("SELECT 1"); });
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& db = ctx.database();
    const auto emit = [&](const std::string& source, const std::string& type) {
      return sqlstate_of([&] {
        db.query_all("SELECT streamspace_views.emit_event($1, gen_random_uuid(), $2, now(), '{}')", source, type);
      });
    };
    EXPECT_EQ(emit("q", "plugin.q.made"), "42501");
    EXPECT_EQ(emit("platform", "session.created"), "42501");
    EXPECT_EQ(emit("p", "session.created"), "42501");
    EXPECT_EQ(emit("p", "plugin.pp.made"), "42501");
    EXPECT_EQ(emit("p", "plugin.p.not a type"), "22023");
    EXPECT_EQ(sqlstate_of([&] { db.exec("DELETE FROM public.event_log"); }), "42501");
    EXPECT_EQ(sqlstate_of([&] { db.query_all("SELECT * FROM public.event_log"); }), "42501");
    EXPECT_EQ(sqlstate_of([&] { db.exec("UPDATE public.plugin_logins SET plugin_name = 'q'"); }), "42501");
    // Tables of its own cannot stand in for the platform's.
    db.transaction([&](transaction& tx) {
      tx.exec("CREATE TEMP TABLE plugin_logins AS SELECT session_user::text AS role, 'q'::text AS plugin_name");
      EXPECT_EQ(
          sqlstate_of([&] {
            tx.savepoint([&] {
              tx.exec("SELECT streamspace_views.emit_event('q', gen_random_uuid(), 'plugin.q.made', now(), '{}')");
            });
          }),
          "42501");
    });
    EXPECT_EQ(emit("p", "plugin.p.made"), "");
  });
  EXPECT_EQ(query("SELECT count(*) FROM event_log")[0].get<int>(0), 1);
}

TEST_F(EventLog, AQuarantinedSubscriptionKeepsItsEventsUntilItIsReleased) {
  std::atomic<bool> mended{false};
  auto failing = scripted("q", {.on_load = [&](plugin_context& ctx) {
                            auto how = hasty();
                            how.attempts = 1'000;
                            ctx.events()
                                .on("plugin.p.*",
                                    [&](const event& e) {
                                      if (!mended) throw error{ec::conflict, "broken"};
                                      book_->write(line_of("q", e));
                                    })
                                .durable("all", how);
                          }});
  failing.manifest.extra["supervision"] = {{"quarantine_after", 3}};
  const auto rt = started_on_database({obedient("p"), std::move(failing)});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    for (int n = 0; n < 10; ++n) emit_in_transaction(ctx, n);
  });
  ASSERT_TRUE(testing::eventually([&] { return !rt->plugin("q")->quarantined.empty(); }));
  mended = true;
  rt->release_quarantined("q", "plugin.p.*");
  ASSERT_TRUE(book_->await(10));
  EXPECT_THAT(rt->list_dead_letters({}), IsEmpty());
}

TEST_F(EventLog, ADroppedSubscriptionBeginsAnew) {
  auto rt = started_on_database({obedient("p"), listener("q", "plugin.p.*")});
  EXPECT_EQ(code_of([&] { rt->drop_durable_subscription("q", "all"); }), ec::conflict);
  rt->unload("q");
  in_turn(*rt, "p", [](plugin_context& ctx) { emit_in_transaction(ctx, 1); });
  EXPECT_TRUE(rt->drop_durable_subscription("q", "all"));
  EXPECT_FALSE(rt->drop_durable_subscription("q", "all"));
  EXPECT_THAT(rt->durable_subscriptions(), IsEmpty());
  rt->load("q");
  in_turn(*rt, "p", [](plugin_context& ctx) { emit_in_transaction(ctx, 2); });
  ASSERT_TRUE(book_->await(1));
  EXPECT_THAT(book_->lines(), ElementsAre("q plugin.p.made 2"));
}

TEST_F(EventLog, WhatCannotBeDurableIsRefusedWhenItIsSaid) {
  const auto loading = [&](std::function<void(plugin_context&)> on_load, bool database = true) {
    auto rt = database ? started_on_database({scripted("q", {.on_load = on_load})})
                       : started({scripted("q", {.on_load = on_load})});
    if (!database) {
      const auto why = failure_of([&] { rt->load({.name = "q"}); });
      return why ? why->message() : std::string{};
    }
    return rt->plugin("q") ? rt->plugin("q")->last_error : std::string{};
  };
  const auto nothing = [](const event&) {};
  EXPECT_THAT(loading([&](auto& ctx) { ctx.events().on("a", nothing).durable("all"); }, false), HasSubstr("database"));
  EXPECT_THAT(loading([&](auto& ctx) { ctx.events().on("a", nothing).once().durable("all"); }), HasSubstr("one event"));
  EXPECT_THAT(loading([&](auto& ctx) { ctx.events().on("a", nothing).durable("all").once(); }), HasSubstr("one event"));
  EXPECT_THAT(loading([&](auto& ctx) { ctx.events().on("a", nothing).durable("not a name"); }),
              HasSubstr("not a name"));
  EXPECT_THAT(loading([&](auto& ctx) { ctx.events().on("a", nothing).durable("all", {.attempts = 0}); }),
              HasSubstr("attempt"));
  EXPECT_THAT(loading([&](auto& ctx) {
                ctx.events().on("a", nothing).durable("all");
                ctx.events().on("b", nothing).durable("all");
              }),
              HasSubstr("two durable subscriptions named 'all'"));
}

}  // namespace
}  // namespace streamspace
