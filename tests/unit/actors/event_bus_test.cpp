#include <algorithm>
#include <latch>
#include <thread>

#include <gmock/gmock.h>

#include "bus_bed.hpp"

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::an_event;
using testing::cell_bed;
using ::testing::ElementsAre;
using testing::hears;
using testing::table_of;

TEST(EventBus, SaysHowManyItReachedAndHowManyTookTheEvent) {
  std::atomic<int> count{0};
  cell_bed roomy{"roomy", hears("a.*", count)};
  cell_bed full{"full", hears("a.>", count), {.inbox = {.events = 1}}};
  cell_bed other{"other", hears("b.*", count)};
  event_bus bus;
  EXPECT_EQ(bus.emit(an_event("a.b")).matched, 0U) << "nothing is published yet";
  bus.publish(table_of({&roomy, &full, &other}));
  EXPECT_EQ(bus.emit(an_event("a.b")).enqueued, 2U);
  const auto report = bus.emit(an_event("a.b"));
  EXPECT_EQ(report.matched, 2U);
  EXPECT_EQ(report.enqueued, 1U);
  EXPECT_EQ(report.dropped, 1U);
  roomy.run();
  full.run();
  EXPECT_EQ(count, 3);
}

TEST(EventBus, PassesOverPluginsThatAreNotEnabled) {
  std::atomic<int> count{0};
  cell_bed bed{"p", hears("a.*", count)};
  bed.cell->set_gate(plugin_cell::gate::shut);
  event_bus bus;
  bus.publish(table_of({&bed}));
  EXPECT_EQ(bus.emit(an_event("a.b")).matched, 0U);
  EXPECT_TRUE(bus.emit_sync(an_event("a.b"), 30s).results.empty());
  EXPECT_EQ(bed.cell->counters().dropped, 0U);
}

TEST(EventBus, ReadsTheTableThatWasPublishedLast) {
  std::atomic<int> count{0};
  cell_bed bed{"p", hears("a.*", count)};
  event_bus bus;
  bus.publish(table_of({&bed}));
  bus.publish(table_of({}));
  EXPECT_EQ(bus.emit(an_event("a.b")).matched, 0U);
}

TEST(EventBus, KeepsTheOrderOfEachEmitterWhileTheTableChanges) {
  constexpr int emitters = 3;
  constexpr int events = 1'000;
  std::vector<std::vector<int>> seen(emitters);
  cell_bed bed{"p", [&](plugin_context& ctx) {
                 ctx.events().on("n.*", [&](const event& e) {
                   seen[e.data()["emitter"].get<std::size_t>()].push_back(e.data()["n"].get<int>());
                 });
               }};
  event_bus bus;
  bus.publish(table_of({&bed}));
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < emitters; ++t)
      threads.emplace_back([&, t] {
        for (int n = 0; n < events; ++n) bus.emit(event{"n.x", json{{"emitter", t}, {"n", n}}});
      });
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) bus.publish(table_of({&bed}));
    });
  }
  bed.run();
  for (const auto& of_one : seen) {
    ASSERT_EQ(of_one.size(), static_cast<std::size_t>(events));
    EXPECT_TRUE(std::is_sorted(of_one.begin(), of_one.end()));
  }
}

TEST(EventBus, ReachesTheSubscriptionsOfAPluginInTheOrderOfTheirPriorities) {
  std::vector<std::string> seen;
  const auto notes = [&](const char* who) { return [&seen, who](const event&) { seen.emplace_back(who); }; };
  cell_bed bed{"p", [&](plugin_context& ctx) {
                 ctx.events().on("a.b", notes("low"));
                 ctx.events().on("a.*", notes("high"));
                 ctx.events().on("a.>", notes("first of two"));
                 ctx.events().on("*.b", notes("second of two"));
               }};
  bed.subscriptions[0]->priority = -5;
  bed.subscriptions[1]->priority = 7;
  event_bus bus;
  bus.publish(table_of({&bed}));
  bus.emit(an_event("a.b"));
  bed.run();
  EXPECT_THAT(seen, ElementsAre("high", "first of two", "second of two", "low"));
}

TEST(EventBus, PassesOverSubscriptionsWhoseFilterDoesNotAdmitTheEvent) {
  std::atomic<int> count{0};
  cell_bed bed{"p", hears("a.*", count)};
  bed.subscriptions[0]->filter = *event_filter::parse("data.n >= 2");
  event_bus bus;
  bus.publish(table_of({&bed}));
  const auto emit = [&](int n) { return bus.emit(event{"a.b", json{{"n", n}}}); };
  EXPECT_EQ(emit(1).matched, 0U);
  EXPECT_EQ(emit(2).matched, 1U);
  EXPECT_TRUE(bus.emit_sync(an_event("a.b"), 0ms).results.empty());
  bed.run();
  EXPECT_EQ(count, 1);
}

TEST(EventBus, DeliversOneEventToASubscriptionForOnceHoweverManyEmit) {
  constexpr int rounds = 50;
  constexpr int emitters = 4;
  for (int round = 0; round < rounds; ++round) {
    std::atomic<int> count{0};
    cell_bed bed{"p", hears("a.*", count)};
    bed.subscriptions[0]->once = true;
    event_bus bus;
    bus.publish(table_of({&bed}));
    std::atomic<std::size_t> matched{0};
    {
      std::latch begin{emitters};
      std::vector<std::jthread> threads;
      for (int t = 0; t < emitters; ++t)
        threads.emplace_back([&] {
          begin.arrive_and_wait();
          for (int n = 0; n < 5; ++n) matched += bus.emit(an_event("a.b")).matched;
        });
    }
    bed.run();
    ASSERT_EQ(count, 1);
    ASSERT_EQ(matched, 1U);
    EXPECT_TRUE(bed.subscriptions.empty()) << "it is given up when it has got its event";
  }
}

TEST(EventBus, DoesNotSpendASubscriptionForOnceOnAnEventThatWasDropped) {
  std::atomic<int> count{0};
  cell_bed bed{"p",
               [&](plugin_context& ctx) {
                 ctx.events().on("fill", [](const event&) {});
                 ctx.events().on("a.*", [&](const event&) { ++count; });
               },
               {.inbox = {.events = 1}}};
  bed.subscriptions[1]->once = true;
  event_bus bus;
  bus.publish(table_of({&bed}));
  bus.emit(an_event("fill"));
  EXPECT_EQ(bus.emit(an_event("a.b")).dropped, 1U);
  EXPECT_EQ(bus.emit_sync(an_event("a.b"), 0ms).results.at(0).outcome, delivery_outcome::refused);
  bed.run();
  EXPECT_EQ(bus.emit(an_event("a.b")).enqueued, 1U);
  bed.run();
  EXPECT_EQ(count, 1);
}

TEST(EventBus, DeliversNothingMoreToASubscriptionThatWasGivenUpInAHandler) {
  std::atomic<int> count{0};
  plugin_context* context = nullptr;
  cell_bed bed{"p", [&](plugin_context& ctx) {
                 context = &ctx;
                 ctx.events().on("a.*", [&](const event&) {
                   ++count;
                   context->events().off("a.*");
                 });
               }};
  event_bus bus;
  bus.publish(table_of({&bed}));
  for (int i = 0; i < 3; ++i) bus.emit(an_event("a.b"));
  bed.run();
  EXPECT_EQ(count, 1) << "also of what was queued already";
  EXPECT_EQ(bed.cell->counters().queued, 0U);
  EXPECT_TRUE(bed.subscriptions.empty());
}

TEST(EventBus, DeliversToASubscriptionMadeInAHandlerOnceItIsPublished) {
  std::vector<std::string> seen;
  cell_bed bed{"p", [&](plugin_context& ctx) {
                 ctx.events().on("begin", [&](const event&) {
                   ctx.events().on("a.*", [&](const event& e) { seen.push_back(e.type()); });
                 });
               }};
  event_bus bus;
  bus.publish(table_of({&bed}));
  bus.emit(an_event("begin"));
  bus.emit(an_event("a.early"));
  bed.run();
  bus.publish(table_of({&bed}));
  bus.emit(an_event("a.late"));
  bed.run();
  EXPECT_THAT(seen, ElementsAre("a.late"));
}

TEST(EventBus, QueuesWhatAPluginEmitsToItselfBehindTheEventThatItHandles) {
  std::vector<std::string> seen;
  event_bus bus;
  cell_bed bed{"p", [&](plugin_context& ctx) {
                 ctx.events().on("a.*", [&](const event& e) {
                   if (e.type() == "a.first") {
                     EXPECT_EQ(bus.emit(an_event("a.third")).enqueued, 1U);
                     EXPECT_EQ(bus.emit(an_event("a.fourth")).enqueued, 1U);
                   }
                   seen.push_back(e.type());
                 });
               }};
  bus.publish(table_of({&bed}));
  bus.emit(an_event("a.first"));
  bus.emit(an_event("a.second"));
  bed.run();
  EXPECT_THAT(seen, ElementsAre("a.first", "a.second", "a.third", "a.fourth"));
}

TEST(EventBus, SendsADeadLetterAgainToItsSubscriptionAlone) {
  std::atomic<int> heard{0}, others{0};
  cell_bed a{"a", [&](plugin_context& ctx) {
               ctx.events().on("a.*", [&](const event&) { ++heard; });
               ctx.events().on("a.b", [&](const event&) { ++others; });
             }};
  cell_bed b{"b", hears("a.*", others)};
  event_bus bus;
  bus.publish(table_of({&a, &b}));
  EXPECT_TRUE(bus.send_again(an_event("a.b"), "a", "a.*"));
  a.run();
  b.run();
  EXPECT_EQ(heard, 1);
  EXPECT_EQ(others, 0);
}

TEST(EventBus, SaysWhyADeadLetterIsNotTakenAndBuriesNothing) {
  std::atomic<int> heard{0};
  // With a policy that would make the emitter wait, or drop others.
  for (const auto policy : {overflow_policy::block(1ms), overflow_policy::drop_oldest()}) {
    cell_bed bed{"p", hears("a.*", heard), {.inbox = {.events = 1}, .overflow = policy}};
    event_bus bus;
    bus.publish(table_of({&bed}));
    const auto why = [&](const char* plugin, const char* pattern) {
      const auto sent = bus.send_again(an_event("a.b"), plugin, pattern);
      return sent ? ec::internal : sent.error().code();
    };
    EXPECT_EQ(why("q", "a.*"), ec::unavailable) << "no such plugin";
    EXPECT_EQ(why("p", "a.b"), ec::unavailable) << "it has no such subscription";
    bed.push("a.waits");
    EXPECT_EQ(why("p", "a.*"), ec::unavailable) << "its inbox is full";
    bed.subscriptions.at(0)->quarantined = true;
    EXPECT_EQ(why("p", "a.*"), ec::conflict);
    bed.subscriptions.at(0)->quarantined = false;
    bed.cell->set_gate(plugin_cell::gate::shut);
    EXPECT_EQ(why("p", "a.*"), ec::unavailable);
    EXPECT_EQ(bed.cell->counters().dropped, 0U);
    EXPECT_EQ(bed.letters->count({}), 0U);
    EXPECT_EQ(bed.cell->counters().queued, 1U);
  }
}

}  // namespace
}  // namespace streamspace
