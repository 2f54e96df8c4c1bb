#include <algorithm>
#include <stdexcept>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include "cell_bed.hpp"
#include <streamspace/plugins/sdk/plugin_crash.hpp>

namespace streamspace {
namespace {

using testing::call_from;
using testing::cell_bed;
using ::testing::ElementsAre;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::result_of;
using enum delivery_outcome;

/// A plugin that hears every event and has one route; `seen` gets the types.
std::function<void(plugin_context&)> hears(std::vector<std::string>& seen) {
  return [&seen](plugin_context& ctx) {
    ctx.events().on(">", [&seen](const event& e) { seen.push_back(e.type()); });
    ctx.api().get("/", [&seen](const request&) {
      seen.emplace_back("request");
      return response::text("here");
    });
  };
}

TEST(PluginCell, HandlesRequestsAheadOfEventsAndEachLaneInItsOrder) {
  std::vector<std::string> seen;
  std::vector<response> answers;
  cell_bed bed{"p", hears(seen)};
  bed.push("a.first");
  bed.push("a.second");
  bed.push_request(answers);
  EXPECT_EQ(bed.wakes, 1) << "one wake for all that came while it rested";
  bed.run();
  EXPECT_THAT(seen, ElementsAre("request", "a.first", "a.second"));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].status, 200);
  const auto counters = bed.cell->counters();
  EXPECT_EQ(counters.delivered, 2U);
  EXPECT_EQ(counters.requests, 1U);
  EXPECT_EQ(counters.queued, 0U);
}

TEST(PluginCell, GivesTheThreadBackAfterASlice) {
  std::vector<std::string> seen;
  cell_bed bed{"p", hears(seen), {.slice = 3}};
  for (int i = 0; i < 7; ++i) bed.push("a.b");
  EXPECT_TRUE(bed.turn());
  EXPECT_EQ(seen.size(), 3U);
  EXPECT_EQ(bed.cell->counters().queued, 4U);
  bed.run();
  EXPECT_EQ(seen.size(), 7U);
}

TEST(PluginCell, RefusesAndCountsEventsWhileItsGateIsShut) {
  std::vector<std::string> seen;
  std::vector<response> answers;
  cell_bed bed{"p", hears(seen)};
  bed.cell->set_gate(plugin_cell::gate::shut);
  const auto call = call_from();
  EXPECT_FALSE(bed.push(*call));
  bed.push_request(answers);
  EXPECT_EQ(result_of(*call).outcome, refused);
  EXPECT_EQ(answers.at(0).status, 503);
  EXPECT_EQ(answers.at(0).header("Retry-After"), "1");
  EXPECT_EQ(bed.cell->counters().dropped, 1U);
  bed.run();
  EXPECT_THAT(seen, IsEmpty());
}

TEST(PluginCell, RefusesAndCountsWhatItsInboxHasNoRoomFor) {
  std::vector<std::string> seen;
  std::vector<response> answers;
  cell_bed bed{"p", hears(seen), {.inbox = {.events = 2, .requests = 2}}};
  EXPECT_TRUE(bed.push("a.1"));
  EXPECT_TRUE(bed.push("a.2"));
  const auto call = call_from();
  EXPECT_FALSE(bed.push(*call));
  const auto result = result_of(*call);
  EXPECT_EQ(result.outcome, refused);
  EXPECT_THAT(result.what, HasSubstr("full"));
  for (int i = 0; i < 3; ++i) bed.push_request(answers);
  ASSERT_EQ(answers.size(), 1U) << "the third request finds no room and is answered at once";
  EXPECT_EQ(answers[0].status, 503);
  EXPECT_EQ(bed.cell->counters().dropped, 1U);
  bed.run();
  EXPECT_THAT(seen, ElementsAre("request", "request", "a.1", "a.2"));
}

TEST(PluginCell, RefusesAnEventOfACallThatItWaitsForItself) {
  std::vector<std::string> seen;
  cell_bed bed{"p", hears(seen)};
  const auto own = call_from(bed.cell.get());
  EXPECT_FALSE(bed.push(*own));
  const auto through_others = call_from(nullptr, own.get());
  EXPECT_FALSE(bed.push(*through_others));
  EXPECT_EQ(result_of(*own).outcome, would_deadlock);
  EXPECT_EQ(result_of(*through_others).outcome, would_deadlock);
  EXPECT_EQ(bed.cell->counters().dropped, 0U) << "the inbox had room";
}

TEST(PluginCell, AnswersAClaimWithWhatTheHandlerCameTo) {
  cell_bed bed{"p", [](plugin_context& ctx) {
                 ctx.events().on(">", [](const event& e) {
                   if (e.type() == "a.error") throw streamspace::error{ec::conflict, "not so"};
                   if (e.type() == "a.exception") throw std::runtime_error{"broken"};
                   if (e.type() == "a.number") throw 42;
                 });
               }};
  const auto outcome_of = [&](std::string type) {
    const auto call = call_from(nullptr, nullptr, std::move(type));
    bed.push(*call);
    bed.run();
    return result_of(*call);
  };
  EXPECT_EQ(outcome_of("a.fine").outcome, handled);
  EXPECT_EQ(outcome_of("a.error").outcome, delivery_outcome::error);
  EXPECT_EQ(outcome_of("a.error").what, "not so");
  EXPECT_EQ(outcome_of("a.exception").outcome, exception);
  EXPECT_EQ(outcome_of("a.exception").exception_type, "std::runtime_error");
  EXPECT_EQ(outcome_of("a.exception").what, "broken");
  EXPECT_EQ(outcome_of("a.number").exception_type, "int");
  const auto counters = bed.cell->counters();
  EXPECT_EQ(counters.delivered, 1U);
  EXPECT_EQ(counters.failed, 6U);
}

TEST(PluginCell, LogsAFailureWithWhatItWasAndDoesNotFillTheLog) {
  cell_bed bed{
      "p", [](plugin_context& ctx) { ctx.events().on(">", [](const event&) { throw std::runtime_error{"broken"}; }); }};
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 1'000; ++i) bed.push("a.b");
  bed.run();
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - begun).count();
  const auto logs = bed.logs();
  ASSERT_FALSE(logs.empty());
  EXPECT_LE(logs.size(), static_cast<std::size_t>(seconds) + 1);
  EXPECT_EQ(logs[0].plugin, "p");
  EXPECT_EQ(logs[0].level, log_level::error);
  EXPECT_EQ(logs[0].data["during"], "a.b");
  EXPECT_EQ(logs[0].data["exception"], "std::runtime_error");
  EXPECT_EQ(logs[0].data["what"], "broken");
  EXPECT_EQ(bed.cell->counters().failed, 1'000U);
}

TEST(PluginCell, RunsItsOwnTasksAheadOfAllOrAfterAllThatWasAccepted) {
  std::vector<std::string> seen;
  std::vector<response> answers;
  cell_bed bed{"p", hears(seen), {.slice = 1}};
  bed.push("a.before");
  bed.push_request(answers);
  bed.cell->push(plugin_cell::place::last, [&](plugin_instance&) { seen.emplace_back("last"); });
  bed.cell->push(plugin_cell::place::first, [&](plugin_instance&) { seen.emplace_back("first"); });
  bed.push("a.after");
  bed.run();
  EXPECT_THAT(seen, ElementsAre("first", "request", "a.before", "last", "a.after"));
}

TEST(PluginCell, TakesItsOwnTasksThoughItIsShutAndFull) {
  std::vector<std::string> seen;
  cell_bed bed{"p", hears(seen), {.inbox = {.events = 1}}};
  bed.push("a.b");
  bed.cell->set_gate(plugin_cell::gate::shut);
  bed.cell->push(plugin_cell::place::last, [&](plugin_instance&) { seen.emplace_back("last"); });
  bed.run();
  EXPECT_THAT(seen, ElementsAre("a.b", "last"));
}

TEST(PluginCell, RunsWhatThePluginPostsAfterWhatWaitedAndCountsWhatItThrows) {
  std::vector<std::string> seen;
  cell_bed bed{"p", hears(seen)};
  bed.push("a.before");
  bed.cell->post([&] { seen.emplace_back("posted"); });
  bed.cell->post([] { throw std::runtime_error{"broken"}; });
  bed.push("a.after");
  bed.run();
  EXPECT_THAT(seen, ::testing::UnorderedElementsAre("a.before", "a.after", "posted"));
  EXPECT_LT(std::find(seen.begin(), seen.end(), "a.before"), std::find(seen.begin(), seen.end(), "posted"));
  EXPECT_EQ(bed.cell->counters().failed, 1U);
  ASSERT_EQ(bed.logs().size(), 1U);
  EXPECT_EQ(bed.logs()[0].data["what"], "broken");
}

TEST(PluginCell, PassesOverWhatThePluginPostedBeforeItCrashedOrEnded) {
  std::vector<std::string> seen;
  cell_bed bed{"p", hears(seen)};
  bed.cell->post([] { throw plugin_crash{"lost"}; });
  bed.cell->post([&] { seen.emplace_back("posted"); });
  bed.run();
  ASSERT_EQ(bed.troubles.size(), 1U);
  EXPECT_EQ(bed.troubles[0].of, plugin_trouble::kind::crash);
  bed.cell->push(plugin_cell::place::first, [&](plugin_instance& instance) {
    instance.unload();
    bed.cell->resume();
  });
  bed.cell->post([&] { seen.emplace_back("posted"); });
  bed.run();
  EXPECT_THAT(seen, IsEmpty());
  EXPECT_EQ(bed.cell->counters().failed, 1U);
}

TEST(PluginCell, EndsTheTurnThoughWhatThePluginPostsPostsAgain) {
  cell_bed bed{"p", [](plugin_context&) {}};
  int posted = 0;
  std::function<void()> again = [&] {
    ++posted;
    bed.cell->post(again);
  };
  bed.cell->post(again);
  std::atomic<std::uint32_t> tick{0};
  std::atomic<std::uint64_t> progress{0};
  turn_ticket ticket{tick, progress};
  bed.cell->post([&] { tick = 2; });
  bed.cell->run_slice(ticket);
  EXPECT_EQ(posted, 1);
  EXPECT_EQ(progress, 2U);
  EXPECT_TRUE(bed.cell->end_turn());
  again = [] {};
}

TEST(PluginCell, GivesUpWhatWaitsButKeepsItsOwnTasks) {
  std::vector<std::string> seen;
  std::vector<response> answers;
  cell_bed bed{"p", hears(seen)};
  const auto call = call_from();
  bed.push(*call);
  bed.push_request(answers);
  bed.cell->push(plugin_cell::place::last, [&](plugin_instance&) { seen.emplace_back("last"); });
  EXPECT_EQ(bed.cell->discard_waiting(), 2U);
  EXPECT_EQ(result_of(*call).outcome, terminated);
  EXPECT_EQ(answers.at(0).status, 503);
  EXPECT_EQ(bed.cell->counters().dropped, 1U);
  bed.run();
  EXPECT_THAT(seen, ElementsAre("last"));
}

TEST(PluginCell, GivesUpAlsoWhatTheTurnUnderWayHasTakenButNotBegun) {
  std::vector<std::string> seen;
  std::vector<response> answers;
  std::vector<delivery_outcome> outcomes;
  std::size_t given_up = 0;
  const auto call = call_from();
  cell_bed* self = nullptr;
  cell_bed bed{"p", [&](plugin_context& ctx) {
                 ctx.events().on(">", [&](const event& e) {
                   seen.push_back(e.type());
                   if (e.type() == "a.stuck") given_up = self->cell->discard_waiting();
                 });
                 ctx.api().get("/", [](const request&) { return response{}; });
               }};
  self = &bed;
  bed.push("a.stuck");
  bed.push(*call);
  bed.cell->push(plugin_cell::place::last, [&](plugin_instance&) { seen.emplace_back("task"); });
  bed.push("a.last");
  bed.run();
  EXPECT_EQ(given_up, 2U);
  EXPECT_THAT(seen, ElementsAre("a.stuck", "task"));
  EXPECT_EQ(result_of(*call).outcome, terminated);
  EXPECT_EQ(bed.cell->counters().dropped, 2U);
  EXPECT_EQ(bed.cell->counters().queued, 0U);
}

TEST(PluginCell, TakesNothingOnceRetired) {
  std::vector<std::string> seen;
  std::vector<response> answers;
  cell_bed bed{"p", hears(seen)};
  const auto waiting = call_from();
  bed.push(*waiting);
  EXPECT_EQ(bed.cell->retire(), 1U);
  EXPECT_EQ(result_of(*waiting).outcome, terminated);
  bed.cell->set_gate(plugin_cell::gate::all);
  const auto late = call_from();
  EXPECT_FALSE(bed.push(*late));
  EXPECT_EQ(result_of(*late).outcome, refused);
  bed.push_request(answers);
  EXPECT_EQ(answers.at(0).status, 503);
  bed.run();
  EXPECT_THAT(seen, IsEmpty());
}

TEST(PluginCell, CountsEventsThatFindThePluginUnloadedAsDroppedNotAsFailed) {
  std::vector<std::string> seen;
  cell_bed bed{"p", hears(seen)};
  const auto call = call_from();
  bed.push(*call);
  bed.cell->push(plugin_cell::place::first, [](plugin_instance& instance) { instance.unload(); });
  bed.run();
  EXPECT_EQ(result_of(*call).outcome, terminated);
  EXPECT_EQ(bed.cell->counters().failed, 0U);
  EXPECT_EQ(bed.cell->counters().dropped, 1U);
  EXPECT_THAT(bed.logs(), IsEmpty());
}

TEST(PluginCell, KnowsWhoseTurnTheThreadIsInAndForWhichCall) {
  const plugin_cell* in_turn = nullptr;
  const awaited_call* handling = nullptr;
  cell_bed bed{"p", [&](plugin_context& ctx) {
                 ctx.events().on(">", [&](const event&) {
                   in_turn = plugin_cell::current();
                   handling = plugin_cell::current_call();
                 });
               }};
  const auto call = call_from();
  bed.push(*call);
  bed.run();
  EXPECT_EQ(in_turn, bed.cell.get());
  EXPECT_EQ(handling, call.get());
  EXPECT_EQ(plugin_cell::current(), nullptr);
  EXPECT_EQ(plugin_cell::current_call(), nullptr);
  bed.push("a.plain");
  bed.run();
  EXPECT_EQ(handling, nullptr);
}

TEST(PluginCell, DestroysThePluginInItsLastTurnAndSaysSo) {
  auto owned = std::make_shared<int>(0);
  const std::weak_ptr<int> watched{owned};
  cell_bed bed{"p", [owned = std::exchange(owned, nullptr)](plugin_context& ctx) {
                 ctx.events().on(">", [owned](const event&) {});
               }};
  bed.subscriptions.clear();
  int ended = 0;
  bed.cell->retire([&] {
    ++ended;
    EXPECT_TRUE(watched.expired()) << "the plugin is gone when this is called";
    EXPECT_EQ(plugin_cell::current(), bed.cell.get());
  });
  EXPECT_FALSE(bed.cell->has_ended()) << "it has a turn left";
  EXPECT_EQ(bed.cell->retire([&] { ended += 10; }), 0U) << "only the first call counts";
  bed.run();
  EXPECT_TRUE(bed.cell->has_ended());
  EXPECT_EQ(ended, 1);
}

TEST(PluginCell, EndsWhileATurnIsUnderWay) {
  constexpr int rounds = 300;
  constexpr std::size_t events = 64;
  for (int round = 0; round < rounds; ++round) {
    std::atomic<int> handled_events{0};
    std::atomic<bool> ended{false};
    cell_bed bed{"p", [&](plugin_context& ctx) { ctx.events().on(">", [&](const event&) { ++handled_events; }); }};
    for (std::size_t i = 0; i < events; ++i) bed.push("a.b");
    std::jthread turns{[&] {
      while (!ended) bed.turn();
      bed.run();
    }};
    ASSERT_TRUE(eventually([&] { return handled_events > 0; }));
    const auto given_up = bed.cell->retire([&] { ended = true; });
    turns.join();
    ASSERT_EQ(static_cast<std::size_t>(handled_events) + given_up, events) << "nothing is lost or doubled";
    ASSERT_EQ(bed.cell->counters().dropped, given_up);
  }
}

TEST(PluginCell, IsKnownToBeFastOnceItHasShownIt) {
  cell_bed bed{"p", [](plugin_context& ctx) { ctx.events().on(">", [](const event&) {}); }};
  EXPECT_FALSE(bed.cell->is_known_fast(std::chrono::hours{1})) << "it has shown nothing yet";
  for (int i = 0; i < 100; ++i) {
    bed.push("a.b");
    bed.run();
  }
  EXPECT_TRUE(bed.cell->is_known_fast(std::chrono::hours{1}));
  EXPECT_FALSE(bed.cell->is_known_fast(std::chrono::nanoseconds{0}));
}

TEST(PluginCell, LetsNothingThroughOnceItsGateIsShutWhateverOthersPush) {
  std::atomic<int> handled_events{0};
  cell_bed bed{"p", [&](plugin_context& ctx) { ctx.events().on(">", [&](const event&) { ++handled_events; }); }};
  std::atomic<int> accepted{0};
  std::vector<std::jthread> emitters;
  for (int t = 0; t < 3; ++t)
    emitters.emplace_back([&](std::stop_token stop) {
      while (!stop.stop_requested()) accepted += bed.push("a.b") ? 1 : 0;
    });
  for (int round = 0; round < 200; ++round) {
    bed.cell->set_gate(plugin_cell::gate::all);
    bed.turn();
    bed.cell->set_gate(plugin_cell::gate::shut);
    bed.run();
    const auto at_the_gate = handled_events.load();
    bed.run();
    ASSERT_EQ(handled_events.load(), at_the_gate) << "an event came through a shut gate";
  }
  emitters.clear();
  EXPECT_EQ(handled_events, accepted);
}

}  // namespace
}  // namespace streamspace
