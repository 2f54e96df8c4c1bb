// Events that did not get through, in memory and in the database.
#include <atomic>
#include <set>
#include <thread>

#include <gmock/gmock.h>

#include "database_runtime_test.hpp"
#include <streamspace/persistence/dead_letter_sql.hpp>
#include <streamspace/plugins/sdk/plugin_crash.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::code_of;
using testing::door;
using ::testing::ElementsAre;
using testing::eventually;
using testing::failure_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::scripted;
using ::testing::SizeIs;
using testing::state_of;

/// As long as it lives nobody is connected to this database.
class outage {
 public:
  explicit outage(const std::string& url) : name_{name_in(url)}, elsewhere_{at_postgres(url), testing::patience} {
    allow_connections(false);
    run("SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = '" + name_ + "'");
  }
  ~outage() { allow_connections(true); }
  outage(const outage&) = delete;
  outage& operator=(const outage&) = delete;

 private:
  static constexpr std::size_t name_begin = std::string_view{"postgresql:///"}.size();
  static std::string name_in(const std::string& url) { return url.substr(name_begin, url.find('?') - name_begin); }
  static std::string at_postgres(std::string url) { return url.replace(name_begin, name_in(url).size(), "postgres"); }
  void allow_connections(bool allowed) {
    run("ALTER DATABASE " + name_ + " WITH ALLOW_CONNECTIONS " + (allowed ? "true" : "false"));
  }
  void run(const std::string& text) { elsewhere_.execute({text, {}}, testing::patience); }

  std::string name_;
  pg_connection elsewhere_;
};

class DeadLettersInTheDatabase : public testing::database_runtime_test {
 protected:
  /// Writes the numbers of "a.number", and throws while it is broken.
  plugin_factory numbers(const std::string& name = "p") {
    return scripted(name, {.on_load = [book = book_, broken = broken_](plugin_context& ctx) {
                      ctx.events().on("a.number", [book, broken](const event& e) {
                        if (*broken) throw plugin_crash{"cannot bear it"};
                        book->write(e.id() + " " + e.data().dump());
                      });
                    }});
  }
  runtime_options settings() {
    auto with = with_database();
    with.supervision.most_attempts = 1;
    with.supervision.restarts = {.most = 1'000, .first_delay = 1ms, .longest_delay = 1ms};
    return with;
  }
  std::unique_ptr<runtime> host(runtime_options with) { return started_on_database({numbers()}, std::move(with)); }
  std::unique_ptr<runtime> host() { return host(settings()); }

  /// Emits to the broken plugin and waits for as many letters.
  static void fail_at(runtime& rt, std::size_t events) {
    for (std::size_t n = 1; n <= events; ++n) rt.emit("a.number", json{{"n", n}});
    ASSERT_TRUE(eventually([&] { return rt.list_dead_letters().size() == events; }));
    ASSERT_TRUE(eventually([&] { return state_of(rt, "p") == plugin_state::enabled; }));
  }
  std::int64_t rows() { return query("SELECT count(*) FROM dead_letters")[0].get<std::int64_t>(0); }

  std::shared_ptr<std::atomic<bool>> broken_ = std::make_shared<std::atomic<bool>>(true);
};

TEST_F(DeadLettersInTheDatabase, OutliveTheHostAndAreHandledOnceThePluginIsMended) {
  auto rt = host();
  fail_at(*rt, 1);
  const auto before = rt->list_dead_letters().at(0);
  rt.reset();
  EXPECT_EQ(rows(), 1);

  rt = host();
  const auto letters = rt->list_dead_letters();
  ASSERT_THAT(letters, SizeIs(1));
  EXPECT_EQ(json(letters[0]), json(before)) << "the same letter with the same event";
  EXPECT_EQ(letters[0].cause, dead_letter_cause::poison);
  EXPECT_EQ(letters[0].attempts, 1U);
  EXPECT_THAT(letters[0].detail, HasSubstr("cannot bear it"));

  *broken_ = false;
  rt->redrive(before.id);
  ASSERT_TRUE(book_->await(1));
  EXPECT_THAT(book_->lines(), ElementsAre(before.what->id() + R"( {"n":1})"));
  EXPECT_THAT(rt->list_dead_letters(), IsEmpty());
  EXPECT_EQ(rows(), 0);
  EXPECT_EQ(code_of([&] { rt->redrive(before.id); }), ec::not_found);
}

TEST_F(DeadLettersInTheDatabase, AreWrittenWithoutAnybodyAsking) {
  const auto rt = host();
  rt->emit("a.number", json{{"n", 1}});
  EXPECT_TRUE(eventually([&] { return rows() == 1; }));
}

TEST_F(DeadLettersInTheDatabase, AreWrittenAtAnOrderlyStop) {
  // The runtime stops as soon as the plugin has failed at the last event.
  auto failures = std::make_shared<std::atomic<int>>(0);
  auto rt = started_on_database({scripted("p", {.on_load = [failures](plugin_context& ctx) {
                                            ctx.events().on("a.x", [failures](const event&) {
                                              ++*failures;
                                              throw std::runtime_error{"no"};
                                            });
                                          }})});
  for (int i = 0; i < 900; ++i) rt->emit("a.x");
  ASSERT_TRUE(eventually([&] { return *failures == 900; })) << "too few for a quarantine";
  rt->stop();
  EXPECT_EQ(rows(), 900);
}

TEST_F(DeadLettersInTheDatabase, HaveIdsThatGoUpOverRestartsAndDifferBetweenHosts) {
  std::set<std::uint64_t> ids;
  std::uint64_t last = 0;
  for (int run = 0; run < 2; ++run) {
    const auto one = host();
    const auto other = host();
    one->emit("a.number", json{{"n", run}});
    other->emit("a.number", json{{"n", run}});
    ASSERT_TRUE(eventually([&] { return rows() == 2 * (run + 1); }));
    for (const auto& letter : one->list_dead_letters({.after = last})) ids.insert(letter.id);
    last = *ids.rbegin();
  }
  EXPECT_THAT(ids, SizeIs(4)) << "those of the second run are all higher than those of the first";
  EXPECT_LT(last, dead_letter_id_end);
}

TEST_F(DeadLettersInTheDatabase, AreListedAndFilteredInMemoryAndTableAsOne) {
  const auto rt = host();
  fail_at(*rt, 3);
  rt->emit("a.number", json{{"n", 4}});
  ASSERT_TRUE(eventually([&] { return rt->list_dead_letters().size() == 4; }));
  const auto all = rt->list_dead_letters();
  const auto numbers_of = [](const std::vector<dead_letter>& letters) {
    std::vector<int> found;
    for (const auto& l : letters) found.push_back(l.what->data().at("n"));
    return found;
  };
  EXPECT_THAT(numbers_of(all), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(numbers_of(rt->list_dead_letters({.limit = 2})), ElementsAre(4, 3));
  EXPECT_THAT(numbers_of(rt->list_dead_letters({.before = all[1].id, .limit = 1})), ElementsAre(2));
  EXPECT_THAT(numbers_of(rt->list_dead_letters({.after = all[2].id, .oldest_first = true})), ElementsAre(3, 4));
  EXPECT_THAT(rt->list_dead_letters({.plugin = "p", .cause = dead_letter_cause::poison, .type = "a.number"}),
              SizeIs(4));
  EXPECT_THAT(rt->list_dead_letters({.plugin = "q"}), IsEmpty());
  EXPECT_THAT(rt->list_dead_letters({.cause = dead_letter_cause::failed}), IsEmpty());
  EXPECT_THAT(rt->list_dead_letters({.type = "a.other"}), IsEmpty());
  EXPECT_EQ(rt->dead_letter(all[0].id)->what->id(), all[0].what->id());
  EXPECT_FALSE(rt->dead_letter(4711));
  EXPECT_FALSE(rt->dead_letter(UINT64_MAX));
  EXPECT_EQ(code_of([&] { static_cast<void>(rt->list_dead_letters({.limit = 501})); }), ec::invalid_argument);
}

TEST_F(DeadLettersInTheDatabase, StayAndMayBeTriedAgainWhenTheirSubscriptionDoesNotTakeThem) {
  const auto rt = host();
  fail_at(*rt, 1);
  const auto id = rt->list_dead_letters().at(0).id;
  rt->disable("p");
  for (int i = 0; i < 2; ++i) {
    const auto refused = failure_of([&] { rt->redrive(id); });
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code(), ec::unavailable);
    EXPECT_THAT(refused->message(), HasSubstr("no enabled plugin p"));
  }
  EXPECT_EQ(rt->list_dead_letters().at(0).id, id);
  *broken_ = false;
  rt->enable("p");
  rt->redrive(id);
  EXPECT_TRUE(book_->await(1));
}

TEST_F(DeadLettersInTheDatabase, GoAgainTogetherInTheOrderInWhichTheyCame) {
  const auto rt = host();
  fail_at(*rt, 5);
  *broken_ = false;
  const auto some = rt->redrive(dead_letter_filter{.plugin = "p", .limit = 2});
  EXPECT_EQ(some.redriven, 2U);
  EXPECT_EQ(some.left, 3U);
  EXPECT_THAT(some.refused, IsEmpty());
  rt->disable("p");
  const auto refused = rt->redrive(dead_letter_filter{});
  EXPECT_EQ(refused.redriven, 0U);
  EXPECT_EQ(refused.left, 3U);
  ASSERT_THAT(refused.refused, SizeIs(1));
  EXPECT_EQ(refused.refused.begin()->second, 3U);
  rt->enable("p");
  EXPECT_EQ(rt->redrive(dead_letter_filter{}).redriven, 3U);
  ASSERT_TRUE(book_->await(5));
  const auto lines = book_->lines();
  for (std::size_t n = 1; n <= 5; ++n) EXPECT_THAT(lines[n - 1], HasSubstr("{\"n\":" + std::to_string(n) + "}"));
  EXPECT_EQ(rows(), 0);
}

TEST_F(DeadLettersInTheDatabase, AreDiscarded) {
  const auto rt = host();
  fail_at(*rt, 2);
  const auto id = rt->list_dead_letters().at(0).id;
  rt->discard_dead_letter(id);
  EXPECT_EQ(code_of([&] { rt->discard_dead_letter(id); }), ec::not_found);
  EXPECT_EQ(code_of([&] { rt->discard_dead_letter(0); }), ec::not_found);
  EXPECT_THAT(rt->list_dead_letters(), SizeIs(1));
  EXPECT_EQ(rt->discard_dead_letters({.plugin = "q"}), 0U);
  EXPECT_EQ(rt->discard_dead_letters({.plugin = "p", .limit = 1}), 1U);
  EXPECT_EQ(rows(), 0);
}

TEST_F(DeadLettersInTheDatabase, GoOnceHoweverManyWantThemOnHoweverManyHosts) {
  const auto one = host();
  const auto other = host();
  constexpr std::size_t letters = 20;
  fail_at(*one, letters);
  *broken_ = false;
  // All but the last few of them may be in the table, and all are once a list was asked for.
  const auto all = one->list_dead_letters();
  std::atomic<std::size_t> successes{0};
  std::vector<std::jthread> callers;
  for (auto* rt : {one.get(), other.get(), one.get(), other.get()})
    callers.emplace_back([&, rt] {
      for (const auto& letter : all) {
        const auto failed = code_of([&] { rt->redrive(letter.id); });
        if (!failed) ++successes;
        EXPECT_TRUE(!failed || failed == ec::not_found || failed == ec::conflict) << letter.id;
      }
    });
  callers.clear();
  EXPECT_EQ(successes, letters);
  ASSERT_TRUE(book_->await(letters));
  one->stop();
  other->stop();
  EXPECT_THAT(book_->lines(), SizeIs(letters));
  EXPECT_EQ(rows(), 0);
}

TEST_F(DeadLettersInTheDatabase, AreNotTakenFromWhoeverSendsThemAgainJustNow) {
  const auto rt = host();
  fail_at(*rt, 1);
  *broken_ = false;
  const auto id = rt->list_dead_letters().at(0).id;
  query("UPDATE dead_letters SET claimed_until = now() + interval '1 hour'");
  EXPECT_EQ(code_of([&] { rt->redrive(id); }), ec::conflict);
  EXPECT_EQ(code_of([&] { rt->discard_dead_letter(id); }), ec::conflict);
  EXPECT_EQ(rt->redrive(dead_letter_filter{}).redriven, 0U);
  query("UPDATE dead_letters SET claimed_until = now() - interval '1 second'");
  rt->redrive(id);
  EXPECT_TRUE(book_->await(1));
}

TEST_F(DeadLettersInTheDatabase, StayListedBesideOneThatCannotBeRead) {
  const auto rt = host();
  fail_at(*rt, 2);
  *broken_ = false;
  const auto letters = rt->list_dead_letters();
  query("UPDATE dead_letters SET event = '{}' WHERE id = $1", {letters[0].id});
  ASSERT_THAT(rt->list_dead_letters(), SizeIs(1));
  EXPECT_TRUE(logs().has(log_level::warn, "cannot be read"));
  EXPECT_EQ(code_of([&] { rt->redrive(letters[0].id); }), ec::internal);
  const auto report = rt->redrive(dead_letter_filter{});
  EXPECT_EQ(report.redriven, 1U);
  EXPECT_EQ(report.left, 1U);
  rt->discard_dead_letter(letters[0].id);
  EXPECT_EQ(rows(), 0);
}

TEST_F(DeadLettersInTheDatabase, AreWrittenOrCountedWhenAStormBringsMoreThanCanBeKept) {
  auto wait = std::make_shared<door>();
  auto with = with_database();
  with.inbox.events = 1;
  with.dead_letters.items = 1'000;
  const auto hears = [wait](plugin_context& ctx) { ctx.events().on("a.x", [wait](const event&) { wait->pass(); }); };
  const auto rt = started_on_database({scripted("p", {.on_load = hears})}, with);
  rt->emit("a.x");
  ASSERT_TRUE(wait->await_arrival());
  std::uint64_t dropped = 0;
  for (int i = 0; i < 100'000; ++i) dropped += rt->emit("a.x").dropped;
  EXPECT_EQ(dropped, 99'999U);
  wait->open();
  ASSERT_TRUE(wait->await_passage(2));
  rt->stop();
  std::uint64_t lost = 0;
  for (const auto& record : logs().records())
    if (record.message.find("were not kept in the database") != std::string::npos)
      lost += record.data.at("count").get<std::uint64_t>();
  EXPECT_GE(rows(), 1'000) << "what was in the ring at the end";
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(static_cast<std::uint64_t>(rows()) + lost, dropped);
}

TEST_F(DeadLettersInTheDatabase, AreDeletedFromTheOldestOnWhenThereAreTooMany) {
  auto with = settings();
  with.stored_dead_letters = 100;
  const auto hears = [](plugin_context& ctx) { ctx.events().on("a.x", [](const event&) { throw 42; }); };
  const auto rt = started_on_database({scripted("p", {.on_load = hears})}, with);
  for (int n = 1; n <= 3'000; ++n) rt->emit("a.x", n);
  const auto newest = [&] {
    return query("SELECT coalesce(max((event ->> 'data')::int), 0), count(*) FROM dead_letters")[0];
  };
  EXPECT_TRUE(eventually([&] { return newest().get<int>(0) == 3'000 && newest().get<int>(1) < 105; }));
  EXPECT_GE(rows(), 100);
}

TEST_F(DeadLettersInTheDatabase, WaitInMemoryWhileTheDatabaseIsAway) {
  const auto rt = host();
  fail_at(*rt, 1);
  const auto first = rt->list_dead_letters().at(0).id;
  std::optional<outage> away{url()};
  for (int n = 1; n <= 5; ++n) rt->emit("a.number", json{{"n", n}});
  ASSERT_TRUE(eventually([&] { return logs().has(log_level::error, "dead letters cannot be written"); }));
  rt->emit("a.number", json{{"n", 6}});
  // What is not in memory is asked of the database, so before the letter is there it fails.
  ASSERT_TRUE(eventually([&] { return !code_of([&] { static_cast<void>(rt->dead_letter(first + 6)); }); }));
  EXPECT_TRUE(code_of([&] { static_cast<void>(rt->list_dead_letters()); })) << "part of a list is none";
  ASSERT_TRUE(eventually([&] { return state_of(*rt, "p") == plugin_state::enabled; }));
  *broken_ = false;
  EXPECT_TRUE(rt->emit_sync("a.number", json{{"n", 7}}, 30s).all_handled()) << "the plugins go on";
  rt->redrive(first + 6);
  EXPECT_TRUE(book_->await(2)) << "so does what is in memory";
  away.reset();
  EXPECT_TRUE(eventually([&] { return rows() == 6; }));
  EXPECT_THAT(rt->list_dead_letters(), SizeIs(6)) << "all but the one that was sent again";
}

TEST_F(DeadLettersInTheDatabase, SaySoWhenTheDatabaseIsAwayAtTheEnd) {
  const auto rt = host();
  query("ALTER TABLE dead_letters RENAME TO dead_letters_away");
  for (int n = 1; n <= 3; ++n) rt->emit("a.number", json{{"n", n}});
  ASSERT_TRUE(eventually([&] { return logs().has(log_level::error, "dead letters cannot be written"); }));
  rt->stop();
  EXPECT_TRUE(logs().has(log_level::warn, "3 dead letters were not kept in the database"));
}

class DeadLettersInMemory : public testing::runtime_test {};

TEST_F(DeadLettersInMemory, AreListedSentAgainAndDiscardedWithoutADatabase) {
  auto broken = std::make_shared<std::atomic<bool>>(true);
  const auto rt = running({scripted("p", {.on_load = [book = book_, broken](plugin_context& ctx) {
                                      ctx.events().on("a.x", [book, broken](const event& e) {
                                        if (*broken) throw std::runtime_error{"no"};
                                        book->write(e.data().dump());
                                      });
                                    }})});
  for (int n = 1; n <= 5; ++n) rt->emit("a.x", n);
  ASSERT_TRUE(eventually([&] { return rt->list_dead_letters().size() == 5; }));
  *broken = false;
  EXPECT_EQ(rt->dead_letter(1)->what->data(), 1);
  rt->redrive(2);
  rt->discard_dead_letter(3);
  EXPECT_EQ(code_of([&] { rt->discard_dead_letter(3); }), ec::not_found);
  const auto report = rt->redrive(dead_letter_filter{.limit = 1});
  EXPECT_EQ(report.redriven, 1U);
  EXPECT_EQ(report.left, 2U);
  EXPECT_EQ(rt->discard_dead_letters({.cause = dead_letter_cause::poison}), 0U);
  rt->disable("p");
  EXPECT_EQ(rt->redrive(dead_letter_filter{}).left, 2U);
  rt->enable("p");
  EXPECT_EQ(rt->redrive(dead_letter_filter{}).redriven, 2U);
  ASSERT_TRUE(book_->await(4));
  EXPECT_THAT(book_->lines(), ElementsAre("2", "1", "4", "5"));
  EXPECT_THAT(rt->list_dead_letters(), IsEmpty());
}

}  // namespace
}  // namespace streamspace
