#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include "bus_bed.hpp"

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::an_event;
using testing::cell_bed;
using ::testing::ElementsAre;
using testing::eventually;
using testing::failure_of;
using testing::hears;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::table_of;
using enum delivery_outcome;

/// Takes the turns of some plugins on a thread of its own.
std::jthread turns_of(std::vector<cell_bed*> beds) {
  return std::jthread{[beds = std::move(beds)](std::stop_token stop) {
    while (!stop.stop_requested()) {
      for (auto* bed : beds) bed->run();
      std::this_thread::yield();
    }
  }};
}

struct EventBusThen : ::testing::Test {
  void emit_then(std::string type, std::chrono::milliseconds deadline = 1h) {
    bus.emit_then(an_event(std::move(type)), deadline, [this](sync_report report) {
      std::lock_guard lock{mutex};
      reports.push_back(std::move(report));
    });
  }
  std::size_t reports_so_far() {
    std::lock_guard lock{mutex};
    return reports.size();
  }

  std::shared_ptr<deadline_timer> timer = std::make_shared<deadline_timer>();
  std::vector<log_record> lines;
  std::mutex mutex;
  std::vector<sync_report> reports;
  std::atomic<int> count{0};
  event_bus bus{[this](log_record record) {
                  std::lock_guard lock{mutex};
                  lines.push_back(std::move(record));
                },
                timer};
};

TEST_F(EventBusThen, BringsOneResultForEachSubscriptionWhenTheLastHasAnswered) {
  cell_bed one{"one", hears("a.*", count)};
  cell_bed two{"two", hears("a.b", count)};
  bus.publish(table_of({&one, &two}));
  emit_then("a.b");
  one.run();
  EXPECT_THAT(reports, IsEmpty());
  EXPECT_EQ(timer->waiting(), 1U);
  two.run();
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_TRUE(reports[0].all_handled());
  EXPECT_EQ(count, 2);
  EXPECT_EQ(timer->waiting(), 0U);
}

TEST_F(EventBusThen, ReportsAsASynchronousEmitDoes) {
  cell_bed one{"one", [](plugin_context& ctx) {
                 ctx.events().on("a.b", [](const event&) {}).priority(1);
                 ctx.events().on("a.*", [](const event&) { throw streamspace::error{ec::conflict, "our words"}; });
               }};
  cell_bed two{"two", [](plugin_context& ctx) {
                 ctx.events().on("a.>", [](const event&) { throw std::out_of_range{"their words"}; }).priority(2);
                 ctx.events().on("*.b", [](const event&) { throw 42; });
               }};
  bus.publish(table_of({&one, &two}));
  emit_then("a.b");
  one.run();
  two.run();
  ASSERT_THAT(reports, SizeIs(1));
  sync_report expected;
  {
    const auto turns = turns_of({&one, &two});
    expected = bus.emit_sync(an_event("a.b"), 30s);
  }
  ASSERT_THAT(expected.results, SizeIs(4));
  ASSERT_THAT(reports[0].results, SizeIs(4));
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& here = reports[0].results[i];
    const auto& there = expected.results[i];
    EXPECT_EQ(here.plugin, there.plugin);
    EXPECT_EQ(here.subscription, there.subscription);
    EXPECT_EQ(here.outcome, there.outcome);
    EXPECT_EQ(here.exception_type, there.exception_type);
    EXPECT_EQ(here.what, there.what);
    EXPECT_GT(here.took, 0ns);
  }
  std::vector<delivery_outcome> outcomes;
  for (const auto& r : reports[0].results) outcomes.push_back(r.outcome);
  EXPECT_THAT(outcomes, ::testing::UnorderedElementsAre(handled, error, exception, exception));
}

TEST_F(EventBusThen, EndsAtTheDeadlineWithTimeoutsForThoseThatHaveNotAnswered) {
  cell_bed prompt{"prompt", hears("a.*", count)};
  cell_bed silent{"silent", hears("a.*", count)};
  bus.publish(table_of({&prompt, &silent}));
  emit_then("a.b", 20ms);
  prompt.run();
  ASSERT_TRUE(eventually([&] { return reports_so_far() == 1; }));
  for (const auto& r : reports[0].results) {
    if (r.plugin == "prompt") {
      EXPECT_EQ(r.outcome, handled);
    } else {
      EXPECT_EQ(r.outcome, timeout);
      EXPECT_GE(r.took, 20ms);
    }
  }
  silent.run();
  EXPECT_EQ(count, 2) << "it handles the event all the same";
  EXPECT_THAT(reports, SizeIs(1));
}

TEST_F(EventBusThen, EndsAtOnceWhenTheDeadlineIsPast) {
  cell_bed silent{"silent", hears("a.*", count)};
  bus.publish(table_of({&silent}));
  for (const auto deadline : {0ms, -5ms, std::chrono::milliseconds::min()}) emit_then("a.b", deadline);
  ASSERT_TRUE(eventually([&] { return reports_so_far() == 3; }));
  for (const auto& report : reports) EXPECT_EQ(report.results.at(0).outcome, timeout);
}

TEST_F(EventBusThen, TakesTheLongestDeadlineThereIs) {
  cell_bed bed{"p", hears("a.*", count)};
  bus.publish(table_of({&bed}));
  emit_then("a.b", std::chrono::milliseconds::max());
  bed.run();
  EXPECT_THAT(reports, SizeIs(1));
}

TEST_F(EventBusThen, EndsInTheCallWhenNobodyListens) {
  cell_bed shut{"shut", hears("a.*", count)};
  shut.cell->set_gate(plugin_cell::gate::shut);
  bus.publish(table_of({&shut}));
  emit_then("a.b");
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_THAT(reports[0].results, IsEmpty());
  EXPECT_EQ(timer->waiting(), 0U);
}

TEST_F(EventBusThen, ReportsAFullInboxAsRefusedInTheCall) {
  cell_bed bed{"p", hears("a.*", count), {.inbox = {.events = 1}}};
  bus.publish(table_of({&bed}));
  bus.emit(an_event("a.b"));
  emit_then("a.b");
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].results.at(0).outcome, refused);
}

TEST_F(EventBusThen, DoesNotWaitForRoomThoughThePolicyIsToBlock) {
  cell_bed bed{"p", hears("a.*", count), {.inbox = {.events = 1}, .overflow = overflow_policy::block(1h)}};
  bus.publish(table_of({&bed}));
  bus.emit(an_event("a.b"));
  emit_then("a.b");
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].results.at(0).outcome, refused);
}

TEST_F(EventBusThen, ReportsWhatIsEvictedByNewerEventsAsRefused) {
  cell_bed bed{"p", hears("a.*", count), {.inbox = {.events = 1}, .overflow = overflow_policy::drop_oldest()}};
  bus.publish(table_of({&bed}));
  emit_then("a.b");
  EXPECT_THAT(reports, IsEmpty());
  bus.emit(an_event("a.b"));
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].results.at(0).outcome, refused);
}

TEST_F(EventBusThen, ReportsWhatIsEvictedWhileNobodyReadsTheRoutes) {
  cell_bed bed{"p", hears("a.*", count), {.inbox = {.events = 1}, .overflow = overflow_policy::drop_oldest()}};
  bus.publish(table_of({&bed}));
  bool published = false;
  bus.emit_then(an_event("a.b"), 1h, [&](const sync_report&) {
    bus.publish(table_of({&bed}));  // Waits for those who read.
    published = true;
  });
  bus.emit(an_event("a.b"));
  EXPECT_TRUE(published);
}

TEST_F(EventBusThen, ReportsTerminatedAtOnceWhenThePluginEnds) {
  {
    cell_bed bed{"p", hears("a.*", count)};
    bus.publish(table_of({&bed}));
    emit_then("a.b");
    EXPECT_THAT(reports, IsEmpty());
  }
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].results.at(0).outcome, terminated);
  EXPECT_EQ(timer->waiting(), 0U);
}

TEST_F(EventBusThen, LetsAPluginAskItself) {
  std::vector<std::string> seen;
  cell_bed bed{"p", [&](plugin_context& ctx) {
                 ctx.events().on("a.*", [&](const event& e) {
                   seen.push_back(e.type());
                   if (e.type() == "a.first") emit_then("a.second");
                 });
               }};
  bus.publish(table_of({&bed}));
  bus.emit(an_event("a.first"));
  bed.run();
  EXPECT_THAT(seen, ElementsAre("a.first", "a.second"));
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].results.at(0).outcome, handled);
}

TEST_F(EventBusThen, KeepsNobodyWaitingWhomItsHandlersCouldNotReach) {
  sync_report back;
  cell_bed a{"a", [&](plugin_context& ctx) {
               ctx.events().on("begin", [&](const event&) { emit_then("to.b"); });
               ctx.events().on("to.a", [](const event&) {});
             }};
  cell_bed b{"b", [&](plugin_context& ctx) {
               ctx.events().on("to.b", [&](const event&) { back = bus.emit_sync(an_event("to.a"), 30s); });
             }};
  bus.publish(table_of({&a, &b}));
  bus.emit(an_event("begin"));
  a.run();
  {
    const auto turns = turns_of({&a});
    b.run();
  }
  EXPECT_TRUE(back.all_handled());
  EXPECT_THAT(back.results, SizeIs(1));
  EXPECT_THAT(reports, SizeIs(1));
}

TEST_F(EventBusThen, GivesASubscriptionForOnceItsEventOrItsChanceBack) {
  cell_bed bed{"p",
               [this](plugin_context& ctx) {
                 ctx.events().on("a.once", [this](const event&) { ++count; }).once();
                 ctx.events().on("a.many", [](const event&) {});
               },
               {.inbox = {.events = 1}}};
  bus.publish(table_of({&bed}));
  bus.emit(an_event("a.many"));
  emit_then("a.once");
  bed.run();
  EXPECT_EQ(count, 0);
  emit_then("a.once");
  emit_then("a.once");
  bed.run();
  EXPECT_EQ(count, 1);
  ASSERT_THAT(reports, SizeIs(3));
  EXPECT_EQ(reports[0].results.at(0).outcome, refused);
  EXPECT_THAT(reports[1].results, IsEmpty()) << "it is used up by the one that waits";
  EXPECT_EQ(reports[2].results.at(0).outcome, handled);
}

TEST_F(EventBusThen, KeepsWhatTheFunctionThrowsFromTheThreadsThatCallIt) {
  cell_bed bed{"p", hears("a.*", count)};
  bus.publish(table_of({&bed}));
  bus.emit_then(an_event("b.nobody"), 1h, [](const sync_report&) { throw std::runtime_error{"broken"}; });
  bus.emit_then(an_event("a.b"), 1h, [](const sync_report&) { throw 42; });
  bed.run();
  bus.emit_then(an_event("a.b"), 0ms, [](const sync_report&) { throw 42; });
  emit_then("a.b", 0ms);
  ASSERT_TRUE(eventually([&] { return reports_so_far() == 1; })) << "the timer goes on";
  std::lock_guard lock{mutex};
  ASSERT_THAT(lines, SizeIs(1)) << "one line a second at most";
  EXPECT_EQ(lines[0].level, log_level::error);
  EXPECT_EQ(lines[0].data["what"], "broken");
  EXPECT_EQ(lines[0].data["exception"], "std::runtime_error");
}

TEST_F(EventBusThen, RefusesAFunctionThatIsNone) {
  EXPECT_EQ(failure_of([&] { bus.emit_then(an_event("a.b"), 1h, {}); })->code(), ec::invalid_argument);
}

TEST_F(EventBusThen, CallsTheFunctionOnceWhenTheLastAnswerMeetsTheDeadline) {
  constexpr std::size_t rounds = 5'000;
  std::vector<std::atomic<int>> calls(rounds);
  cell_bed one{"one", hears("a.*", count)};
  cell_bed two{"two", hears("a.*", count)};
  bus.publish(table_of({&one, &two}));
  {
    const auto turns_of_one = turns_of({&one});
    const auto turns_of_two = turns_of({&two});
    for (std::size_t round = 0; round < rounds; ++round) {
      bus.emit_then(an_event("a.b"), std::chrono::milliseconds{round % 3 == 2},
                    [&calls, round](const sync_report& r) { calls[round] += static_cast<int>(r.results.size()); });
      ASSERT_TRUE(eventually([&] { return round < 100 || calls[round - 100] != 0; }));
    }
    ASSERT_TRUE(eventually([&] { return count == 2 * static_cast<int>(rounds); }));
  }
  timer->stop();
  for (std::size_t round = 0; round < rounds; ++round) EXPECT_EQ(calls[round], 2) << "round " << round;
}

TEST_F(EventBusThen, LeavesNothingBehindOfCallsThatWereAnswered) {
  const auto held = std::make_shared<int>(0);
  cell_bed bed{"p", hears("a.*", count)};
  bus.publish(table_of({&bed}));
  const auto e = an_event("a.b");
  for (int i = 0; i < 1'000; ++i) {
    bus.emit_then(event{e}, 1h, [held](const sync_report&) { ++*held; });
    bed.run();
  }
  EXPECT_EQ(*held, 1'000);
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_EQ(timer->waiting(), 0U);
}

TEST_F(EventBusThen, EndsWhatIsOpenWhenTheTimerStops) {
  cell_bed silent{"silent", hears("a.*", count)};
  bus.publish(table_of({&silent}));
  emit_then("a.b");
  timer->stop();
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].results.at(0).outcome, timeout);
  emit_then("a.b");
  EXPECT_THAT(reports, SizeIs(2)) << "nobody would end it";
}

}  // namespace
}  // namespace streamspace
