// A subscription that fails too often in a row gets no more events until it is released.
#include <gmock/gmock.h>

#include "cell_bed.hpp"
#include <streamspace/plugins/sdk/plugin_crash.hpp>

namespace streamspace {
namespace {

using testing::call_from;
using testing::cell_bed;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::result_of;
using ::testing::SizeIs;
using enum delivery_outcome;

constexpr unsigned failures_to_quarantine = 3;

/// A plugin whose first subscription ("a.*") fails while it is broken, and whose second one ("b.*") never does.
class PluginCellQuarantine : public ::testing::Test {
 protected:
  static constexpr std::size_t a = 0;
  static constexpr std::size_t b = 1;

  static plugin_cell::options with(supervision rules) {
    plugin_cell::options options;
    options.supervision = rules;
    return options;
  }

  /// Lets the first subscription handle so many events.
  void handle(unsigned events) {
    for (unsigned i = 0; i < events; ++i) bed.push("a.b", a);
    bed.run();
  }
  void bring_into_quarantine() {
    broken = true;
    handle(failures_to_quarantine);
  }
  /// As the runtime does it.
  bool release(const std::string& pattern) {
    bool released = false;
    bed.cell->push(plugin_cell::place::first, [&](plugin_instance&) { released = bed.cell->release(pattern); });
    bed.run();
    return released;
  }
  std::size_t letters(dead_letter_cause cause) const { return bed.letters->list({.cause = cause}).size(); }

  void set_up(plugin_context& ctx) {
    ctx.events().on("a.*", [this](const event& e) {
      ++calls;
      if (e.type() == "a.crash") throw plugin_crash{"cannot go on"};
      if (broken) throw std::runtime_error{"broken"};
      handled_events.push_back(e.type());
    });
    ctx.events().on("b.*", [this](const event& e) { handled_events.push_back(e.type()); });
  }
  void restart() {
    bed.push_restart([this](plugin_context& ctx) { set_up(ctx); });
    bed.run();
  }

  bool broken = true;
  int calls = 0;
  std::vector<std::string> handled_events;
  cell_bed bed{"p", [this](plugin_context& ctx) { set_up(ctx); }, with({.quarantine_after = failures_to_quarantine})};
};

TEST_F(PluginCellQuarantine, BeginsWithTheLastOfSoManyFailuresInARow) {
  handle(failures_to_quarantine - 1);
  EXPECT_THAT(bed.troubles, IsEmpty());
  EXPECT_TRUE(bed.push("a.b", a));
  bed.run();
  ASSERT_THAT(bed.troubles, SizeIs(1));
  EXPECT_EQ(bed.troubles[0].of, plugin_trouble::kind::quarantine);
  EXPECT_EQ(bed.troubles[0].what, "a.*");
  EXPECT_EQ(letters(dead_letter_cause::failed), failures_to_quarantine);
}

TEST_F(PluginCellQuarantine, RefusesFurtherEventsAndKeepsThemWithThatCause) {
  bring_into_quarantine();
  EXPECT_FALSE(bed.push("a.late", a));
  const auto call = call_from(nullptr, nullptr, "a.asked");
  EXPECT_FALSE(bed.push(*call, a));
  const auto result = result_of(*call);
  EXPECT_EQ(result.outcome, refused);
  EXPECT_THAT(result.what, HasSubstr("quarantine"));
  bed.run();
  EXPECT_EQ(calls, static_cast<int>(failures_to_quarantine));
  const auto kept = bed.letters->list({.cause = dead_letter_cause::quarantined});
  ASSERT_THAT(kept, SizeIs(2));
  EXPECT_EQ(kept[1].what->type(), "a.late");
  EXPECT_EQ(kept[1].subscription, "a.*");
  EXPECT_EQ(kept[1].attempts, 0U);
  EXPECT_EQ(bed.cell->counters().failed, failures_to_quarantine);
  EXPECT_EQ(bed.cell->counters().dropped, 2U);
}

TEST_F(PluginCellQuarantine, KeepsEventsThatWaitedAlreadyFromTheHandlerToo) {
  const auto call = call_from(nullptr, nullptr, "a.asked");
  for (unsigned i = 0; i < failures_to_quarantine; ++i) bed.push("a.b", a);
  bed.push("a.b", a);
  bed.push(*call, a);
  bed.run();
  EXPECT_EQ(calls, static_cast<int>(failures_to_quarantine));
  EXPECT_EQ(letters(dead_letter_cause::quarantined), 2U);
  EXPECT_EQ(result_of(*call).outcome, refused);
  EXPECT_EQ(bed.cell->counters().dropped, 2U);
  EXPECT_THAT(bed.troubles, SizeIs(1)) << "it is told once";
}

TEST_F(PluginCellQuarantine, IsNotLeftToACallerThatWouldTakeTheTurn) {
  bring_into_quarantine();
  const auto call = call_from();
  call->expect(bed.subscriptions.at(a));
  call->retain(1);
  event_delivery delivery{call->what(), bed.subscriptions[a]->key, 0};
  event_metrics figures;
  turn_sums sums{figures};
  EXPECT_FALSE(bed.cell->handle_if_idle(delivery, *bed.subscriptions[a], sums));
  EXPECT_EQ(calls, static_cast<int>(failures_to_quarantine));
}

TEST_F(PluginCellQuarantine, BeginsToCountAnewAfterASuccess) {
  for (int round = 0; round < 4; ++round) {
    broken = true;
    handle(failures_to_quarantine - 1);
    broken = false;
    handle(1);
  }
  EXPECT_THAT(bed.troubles, IsEmpty());
  EXPECT_THAT(handled_events, SizeIs(4));
}

TEST_F(PluginCellQuarantine, LeavesTheOtherSubscriptionsOfThePluginAlone) {
  for (unsigned i = 0; i < failures_to_quarantine; ++i) {
    bed.push("a.b", a);
    bed.push("b.between", b);
    bed.run();
  }
  EXPECT_THAT(bed.troubles, SizeIs(1)) << "what others handle well does not count for it";
  EXPECT_TRUE(bed.push("b.after", b));
  bed.run();
  EXPECT_THAT(handled_events, ElementsAre("b.between", "b.between", "b.between", "b.after"));
}

TEST_F(PluginCellQuarantine, EndsWithItsRelease) {
  bring_into_quarantine();
  EXPECT_FALSE(release("b.*")) << "that one is not in quarantine";
  EXPECT_FALSE(bed.push("a.b", a));
  EXPECT_TRUE(release("a.*"));
  EXPECT_FALSE(release("a.*")) << "it is out already";
  broken = false;
  EXPECT_TRUE(bed.push("a.again", a));
  bed.run();
  EXPECT_THAT(handled_events, ElementsAre("a.again"));
}

TEST_F(PluginCellQuarantine, ComesBackWithAsManyFailuresAfterARelease) {
  bring_into_quarantine();
  ASSERT_TRUE(release("a.*"));
  handle(failures_to_quarantine - 1);
  EXPECT_THAT(bed.troubles, SizeIs(1));
  handle(1);
  EXPECT_THAT(bed.troubles, SizeIs(2));
}

TEST_F(PluginCellQuarantine, OutlastsARestartOfThePlugin) {
  bring_into_quarantine();
  broken = false;
  restart();
  EXPECT_FALSE(bed.push("a.b", a));
  EXPECT_TRUE(bed.push("b.c", b));
  bed.run();
  EXPECT_THAT(handled_events, ElementsAre("b.c"));
  EXPECT_TRUE(release("a.*"));
  EXPECT_TRUE(bed.push("a.b", a));
  bed.run();
  EXPECT_THAT(handled_events, ElementsAre("b.c", "a.b"));
}

TEST_F(PluginCellQuarantine, AlsoHoldsBackTheEventThatCrashedThePluginInstead) {
  broken = true;
  handle(failures_to_quarantine - 1);
  bed.push("a.crash", a);
  bed.run();
  ASSERT_THAT(bed.troubles, SizeIs(2)) << "the quarantine, and the crash";
  restart();
  EXPECT_EQ(calls, static_cast<int>(failures_to_quarantine)) << "the crash is one of the failures, and is not retried";
  const auto kept = bed.letters->list({.cause = dead_letter_cause::quarantined});
  ASSERT_THAT(kept, SizeIs(1));
  EXPECT_EQ(kept[0].what->type(), "a.crash");
  EXPECT_EQ(kept[0].attempts, 1U);
}

TEST(PluginCellWithoutQuarantine, FailsForever) {
  plugin_cell::options options;
  options.supervision.quarantine_after = 0;
  cell_bed bed{"p", [](plugin_context& ctx) { ctx.events().on("a.*", [](const event&) { throw 42; }); }, options};
  for (int i = 0; i < 2'000; ++i) bed.push("a.b");
  bed.run();
  EXPECT_EQ(bed.cell->counters().failed, 2'000U);
  EXPECT_THAT(bed.troubles, IsEmpty());
}

}  // namespace
}  // namespace streamspace
