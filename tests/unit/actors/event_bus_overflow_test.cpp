#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include "bus_bed.hpp"
#include <streamspace/plugins/sdk/blocking_scope.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::an_event;
using testing::cell_bed;
using ::testing::ElementsAre;
using testing::eventually;
using testing::hears;
using testing::table_of;

/// The thread that makes it, as one that is in a plugin's turn; sees when it is about to block.
class watched_thread final : public turn_thread {
 public:
  explicit watched_thread(std::atomic<bool>& blocks) : blocks_{blocks} { set_current(this); }
  ~watched_thread() { set_current(nullptr); }
  void about_to_block() noexcept override { blocks_ = true; }

 private:
  std::atomic<bool>& blocks_;
};

/// Hears "a.*" with room for two events.
struct EventBusOverflow : ::testing::Test {
  plugin_cell::options with(overflow_policy policy) { return {.inbox = {.events = 2}, .overflow = policy}; }
  std::function<void(plugin_context&)> notes() {
    return
        [this](plugin_context& ctx) { ctx.events().on("a.*", [this](const event& e) { seen.push_back(e.type()); }); };
  }

  /// Emits on a thread of its own and waits until it blocks or has returned.
  std::jthread emit_and_block(std::string type, emit_report& report) {
    std::jthread emitter{[this, type, &report] {
      const watched_thread self{blocks};
      report = bus.emit(an_event(type));
      returned = true;
    }};
    EXPECT_TRUE(eventually([&] { return blocks || returned; }));
    EXPECT_FALSE(returned);
    return emitter;
  }

  std::vector<std::string> seen;
  event_bus bus;
  std::atomic<bool> blocks{false};
  std::atomic<bool> returned{false};
};

TEST_F(EventBusOverflow, DropsTheNewestUnlessSaidOtherwise) {
  cell_bed bed{"p", notes(), {.inbox = {.events = 2}}};
  bus.publish(table_of({&bed}));
  for (const auto* type : {"a.1", "a.2"}) EXPECT_EQ(bus.emit(an_event(type)).enqueued, 1U);
  const auto report = bus.emit(an_event("a.3"));
  EXPECT_EQ(report.matched, 1U);
  EXPECT_EQ(report.enqueued, 0U);
  EXPECT_EQ(report.dropped, 1U);
  EXPECT_THAT(report.failed, ElementsAre());
  bed.run();
  EXPECT_THAT(seen, ElementsAre("a.1", "a.2"));
  EXPECT_EQ(bed.cell->counters().dropped, 1U);
}

TEST_F(EventBusOverflow, DropsTheOldestToMakeRoomAndCountsThem) {
  cell_bed bed{"p", notes(), with(overflow_policy::drop_oldest())};
  bus.publish(table_of({&bed}));
  for (const auto* type : {"a.1", "a.2", "a.3", "a.4"}) EXPECT_EQ(bus.emit(an_event(type)).enqueued, 1U);
  bed.run();
  EXPECT_THAT(seen, ElementsAre("a.3", "a.4"));
  EXPECT_EQ(bed.cell->counters().dropped, 2U);
}

TEST_F(EventBusOverflow, TellsTheSynchronousEmitWhoseEventMadeRoom) {
  cell_bed bed{"p", notes(), with(overflow_policy::drop_oldest())};
  const auto call = testing::call_from();
  bed.push(*call);
  bus.publish(table_of({&bed}));
  bus.emit(an_event("a.1"));
  bus.emit(an_event("a.2"));
  EXPECT_EQ(testing::result_of(*call).outcome, delivery_outcome::refused);
}

TEST_F(EventBusOverflow, NamesThePluginWhosePolicyIsToFail) {
  cell_bed strict{"strict", notes(), with(overflow_policy::fail())};
  cell_bed lax{"lax", notes(), {.inbox = {.events = 2}}};
  bus.publish(table_of({&strict, &lax}));
  for (int i = 0; i < 2; ++i) EXPECT_THAT(bus.emit(an_event("a.b")).failed, ElementsAre());
  const auto report = bus.emit(an_event("a.b"));
  EXPECT_EQ(report.dropped, 2U);
  EXPECT_THAT(report.failed, ElementsAre("strict"));
}

TEST_F(EventBusOverflow, IsTheSubscriptionsOwnWhereItHasOne) {
  cell_bed bed{"p", notes(), with(overflow_policy::fail())};
  bed.subscriptions[0]->overflow = overflow_policy::drop_oldest();
  bus.publish(table_of({&bed}));
  for (const auto* type : {"a.1", "a.2", "a.3"}) EXPECT_EQ(bus.emit(an_event(type)).enqueued, 1U);
  bed.run();
  EXPECT_THAT(seen, ElementsAre("a.2", "a.3"));
}

TEST_F(EventBusOverflow, BlocksTheEmitterUntilThereIsRoom) {
  cell_bed bed{"p", notes(), with(overflow_policy::block(60s))};
  bus.publish(table_of({&bed}));
  for (const auto* type : {"a.1", "a.2"}) bus.emit(an_event(type));
  emit_report third;
  auto emitter = emit_and_block("a.3", third);
  bed.run();
  emitter.join();
  EXPECT_EQ(third.enqueued, 1U);
  bed.run();
  EXPECT_THAT(seen, ElementsAre("a.1", "a.2", "a.3"));
  EXPECT_EQ(bed.cell->counters().dropped, 0U);
}

TEST_F(EventBusOverflow, DropsTheEventWhenNoRoomWasMadeBeforeTheDeadline) {
  cell_bed bed{"p", notes(), with(overflow_policy::block(1ms))};
  bus.publish(table_of({&bed}));
  for (int i = 0; i < 2; ++i) bus.emit(an_event("a.b"));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(bus.emit(an_event("a.b")).dropped, 1U);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 1ms);
  EXPECT_EQ(bed.cell->counters().dropped, 1U);
}

TEST_F(EventBusOverflow, BlocksForAsLongAsCanBeSaid) {
  cell_bed bed{"p", notes(), with(overflow_policy::block(std::chrono::milliseconds::max()))};
  bus.publish(table_of({&bed}));
  for (int i = 0; i < 2; ++i) bus.emit(an_event("a.b"));
  emit_report third;
  auto emitter = emit_and_block("a.b", third);
  bed.run();
  emitter.join();
  EXPECT_EQ(third.enqueued, 1U);
}

TEST_F(EventBusOverflow, DeliversToAllOthersBeforeItBlocks) {
  std::atomic<int> count{0};
  cell_bed full{"full", notes(), with(overflow_policy::block(60s))};
  cell_bed other{"other", hears("a.*", count)};
  bus.publish(table_of({&full, &other}));
  for (int i = 0; i < 2; ++i) bus.emit(an_event("a.b"));
  emit_report third;
  auto emitter = emit_and_block("a.b", third);
  other.run();
  EXPECT_EQ(count, 3);
  full.run();
  emitter.join();
  EXPECT_EQ(third.enqueued, 2U);
}

TEST_F(EventBusOverflow, PublishesWhileAnEmitterBlocks) {
  cell_bed bed{"p", notes(), with(overflow_policy::block(60s))};
  bus.publish(table_of({&bed}));
  for (int i = 0; i < 2; ++i) bus.emit(an_event("a.b"));
  emit_report third;
  auto emitter = emit_and_block("a.b", third);
  bus.publish(table_of({}));
  bed.run();
  emitter.join();
  EXPECT_EQ(third.enqueued, 1U);
}

TEST_F(EventBusOverflow, DoesNotBlockAPluginThatEmitsToItself) {
  emit_report third;
  cell_bed bed{"p",
               [&](plugin_context& ctx) {
                 ctx.events().on("a.*", [](const event&) {});
                 ctx.events().on("begin", [&](const event&) {
                   bus.emit(an_event("a.1"));
                   bus.emit(an_event("a.2"));
                   third = bus.emit(an_event("a.3"));
                 });
               },
               with(overflow_policy::block(60s))};
  bus.publish(table_of({&bed}));
  bus.emit(an_event("begin"));
  bed.run();
  EXPECT_EQ(third.dropped, 1U);
}

TEST_F(EventBusOverflow, DoesNotBlockForAPluginThatWaitsForThisVeryTurn) {
  emit_report to_a;
  sync_report from_b;
  cell_bed b{"b", [&](plugin_context& ctx) {
               ctx.events().on("to.b", [&](const event&) {
                 bus.emit(an_event("a.1"));
                 bus.emit(an_event("a.2"));
                 to_a = bus.emit(an_event("a.3"));
               });
             }};
  cell_bed a{"a",
             [&](plugin_context& ctx) {
               ctx.events().on("a.*", [](const event&) {});
               ctx.events().on("begin", [&](const event&) { from_b = bus.emit_sync(an_event("to.b"), 30s); });
             },
             with(overflow_policy::block(60s))};
  bus.publish(table_of({&a, &b}));
  std::jthread turns_of_b{[&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      b.run();
      std::this_thread::yield();
    }
  }};
  bus.emit(an_event("begin"));
  a.run();
  EXPECT_TRUE(from_b.all_handled());
  EXPECT_EQ(to_a.dropped, 1U);
}

TEST_F(EventBusOverflow, DoesNotBlockForAPluginWhoseTurnTheThreadIsInBelow) {
  emit_report to_a;
  sync_report sync_to_a;
  sync_report from_b;
  cell_bed b{"b", [&](plugin_context& ctx) {
               ctx.events().on("to.b", [](const event&) {});
               ctx.events().on("on.to.b", [&](const event&) {
                 for (int i = 0; i < 2; ++i) bus.emit(an_event("a.b"));
                 to_a = bus.emit(an_event("a.b"));
                 sync_to_a = bus.emit_sync(an_event("sync.to.a"), 60s);
               });
             }};
  cell_bed a{"a",
             [&](plugin_context& ctx) {
               ctx.events().on("a.*", [](const event&) {});
               ctx.events().on("sync.to.a", [](const event&) {});
               ctx.events().on("begin", [&](const event&) {
                 // Takes the turn of b.
                 from_b = bus.emit_sync(an_event("on.to.b"), 60s);
               });
             },
             with(overflow_policy::block(60s))};
  ASSERT_TRUE(eventually([&] {
    b.push("to.b");
    b.run();
    return b.cell->is_known_fast(50us);
  }));
  bus.publish(table_of({&a, &b}));
  bus.emit(an_event("begin"));
  a.run();
  EXPECT_TRUE(from_b.all_handled());
  EXPECT_EQ(to_a.dropped, 1U);
  ASSERT_EQ(sync_to_a.results.size(), 1U);
  EXPECT_EQ(sync_to_a.results[0].outcome, delivery_outcome::would_deadlock);
}

TEST_F(EventBusOverflow, StopsBlockingWhenThePluginEnds) {
  cell_bed bed{"p", notes(), with(overflow_policy::block(60s))};
  bus.publish(table_of({&bed}));
  for (int i = 0; i < 2; ++i) bus.emit(an_event("a.b"));
  emit_report third;
  auto emitter = emit_and_block("a.b", third);
  bed.cell->retire();
  emitter.join();
  EXPECT_EQ(third.dropped, 1U);
}

TEST_F(EventBusOverflow, StopsBlockingWhenWhatWaitsIsGivenUp) {
  cell_bed bed{"p", notes(), with(overflow_policy::block(60s))};
  bus.publish(table_of({&bed}));
  for (int i = 0; i < 2; ++i) bus.emit(an_event("a.b"));
  emit_report third;
  auto emitter = emit_and_block("a.b", third);
  EXPECT_EQ(bed.cell->discard_waiting(), 2U);
  emitter.join();
  EXPECT_EQ(third.enqueued, 1U);
}

}  // namespace
}  // namespace streamspace
