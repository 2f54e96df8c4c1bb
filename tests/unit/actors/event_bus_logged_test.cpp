// Events of the log on their way to one durable subscription: what does not get through is told, and stays in the log.
#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "bus_bed.hpp"
#include <streamspace/plugins/sdk/plugin_crash.hpp>

namespace streamspace {
namespace {

using testing::an_event;
using testing::cell_bed;
using ::testing::ElementsAre;
using testing::table_of;
using enum delivery_outcome;

struct EventBusLogged : ::testing::Test {
  void send(cell_bed& to, std::vector<std::string> types) {
    std::vector<event_ptr> events;
    for (auto& type : types) events.push_back(std::make_shared<const event>(std::move(type)));
    bus.send_logged(events, *to.cell, to.subscriptions.at(0), [this](std::vector<delivery_result> results) {
      ++reports;
      for (const auto& r : results) outcomes.push_back(r.outcome);
    });
  }
  static void expect_nothing_lost(const cell_bed& bed) {
    EXPECT_EQ(bed.letters->count({}), 0U);
    EXPECT_EQ(bed.cell->counters().dropped, 0U);
  }

  std::shared_ptr<event_metrics> figures = std::make_shared<event_metrics>();
  event_bus bus{[](const log_record&) {}, std::make_shared<deadline_timer>(), figures};
  int reports = 0;
  std::vector<delivery_outcome> outcomes;
};

TEST_F(EventBusLogged, AResultForEachInTheirOrder) {
  std::vector<std::string> heard;
  cell_bed p{"p", [&](plugin_context& ctx) {
               ctx.events()
                   .on("a.*",
                       [&](const event& e) {
                         heard.push_back(e.type());
                         if (e.type() == "a.2") throw std::runtime_error{"no"};
                       })
                   .durable("all");
             }};
  send(p, {"a.1", "a.2", "a.3"});
  EXPECT_EQ(reports, 0);
  p.run();
  EXPECT_EQ(reports, 1);
  EXPECT_THAT(outcomes, ElementsAre(handled, exception, handled));
  EXPECT_THAT(heard, ElementsAre("a.1", "a.2", "a.3"));
  expect_nothing_lost(p);
}

TEST_F(EventBusLogged, ACrashIsAnAnswerAndThePluginDoesNotTryTheEventAgainItself) {
  int calls = 0;
  const auto setup = [&](plugin_context& ctx) {
    ctx.events()
        .on("a.*",
            [&](const event& e) {
              ++calls;
              if (e.type() == "a.1") throw plugin_crash{"broken"};
            })
        .durable("all");
  };
  cell_bed p{"p", setup};
  send(p, {"a.1", "a.2"});
  p.run();
  EXPECT_EQ(reports, 0) << "the second waits for the next instance";
  p.push_restart(setup);
  p.run();
  EXPECT_THAT(outcomes, ElementsAre(error, handled));
  EXPECT_EQ(calls, 2);
  expect_nothing_lost(p);
}

TEST_F(EventBusLogged, WhatIsNotTakenIsRefused) {
  plugin_cell::options small;
  small.inbox.events = 2;
  cell_bed p{"p", [&](plugin_context& ctx) { ctx.events().on("a.*", [](const event&) {}).durable("all"); }, small};
  send(p, {"a.1", "a.2", "a.3"});
  p.run();
  EXPECT_THAT(outcomes, ElementsAre(handled, handled, refused));
  outcomes.clear();
  p.cell->set_gate(plugin_cell::gate::shut);
  send(p, {"a.4"});
  EXPECT_THAT(outcomes, ElementsAre(refused));
  expect_nothing_lost(p);
}

TEST_F(EventBusLogged, WhatASubscriptionHasNotHandledWhenItIsGivenUpIsNotHandled) {
  cell_bed p{"p", [&](plugin_context& ctx) {
               ctx.events().on("a.*", [&](const event&) { ctx.events().off("a.*"); }).durable("all");
             }};
  send(p, {"a.1", "a.2", "a.3"});
  p.run();
  EXPECT_THAT(outcomes, ElementsAre(handled, terminated, terminated));
  expect_nothing_lost(p);
}

TEST_F(EventBusLogged, WhatWaitsWhenThePluginEndsIsTerminated) {
  cell_bed p{"p", [&](plugin_context& ctx) { ctx.events().on("a.*", [](const event&) {}).durable("all"); }};
  send(p, {"a.1", "a.2"});
  p.cell->retire();
  EXPECT_THAT(outcomes, ElementsAre(terminated, terminated));
  expect_nothing_lost(p);
}

TEST_F(EventBusLogged, AnEmitDoesNotFindADurableSubscription) {
  cell_bed p{"p", [&](plugin_context& ctx) { ctx.events().on("a.*", [](const event&) {}).durable("all"); }};
  bus.publish(table_of({&p}));
  EXPECT_EQ(bus.emit(an_event("a.1")).matched, 0U);
  EXPECT_TRUE(bus.send_again(an_event("a.1"), "p", "a.*")) << "a dead letter of it does";
}

TEST_F(EventBusLogged, TypesThatTheLogKeepsAreHandedToItOnceForEachEmit) {
  std::vector<std::string> kept;
  bus.log_with([&](const event& e) { kept.push_back(e.type()); });
  bus.emit(an_event("a.1"));
  figures->mark_logged({"a.*", "b.x"});
  bus.emit(an_event("a.1"));
  bus.emit(an_event("b.y"));
  bus.emit_sync(an_event("a.2"), std::chrono::milliseconds{1});
  bus.emit_then(an_event("b.x"), std::chrono::milliseconds{1}, [](const sync_report&) {});
  bus.emit_logged(an_event("a.3"));
  EXPECT_THAT(kept, ElementsAre("a.1", "a.2", "b.x"));
  figures->mark_logged({});
  bus.emit(an_event("a.1"));
  EXPECT_EQ(kept.size(), 3U);
}

}  // namespace
}  // namespace streamspace
