// Nothing that a plugin accepted is lost in silence: it is handled before the plugin goes, or given up with an answer.
#include <future>
#include <thread>

#include <gmock/gmock.h>

#include "runtime_test.hpp"

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::door;
using ::testing::ElementsAre;
using testing::eventually;
using ::testing::IsEmpty;
using testing::plugin_script;
using testing::scripted;
using testing::soon;
using testing::state_of;
using enum delivery_outcome;

class Drain : public testing::runtime_test {
 protected:
  /// Writes each event; stops at the door at "a.stop". Its route answers 200.
  plugin_factory stopping_at(std::shared_ptr<door> where) {
    const auto note = [this](std::string line) { return [book = book_, line](plugin_context&) { book->write(line); }; };
    return scripted("p", {.on_load =
                              [book = book_, where](plugin_context& ctx) {
                                ctx.events().on("a.*", [book, where](const event& e) {
                                  if (e.type() == "a.stop") where->pass();
                                  book->write(e.type());
                                });
                                ctx.api().get("/x", [](const request&) { return response{200}; });
                              },
                          .on_unload = note("unload"),
                          .on_disable = note("disable")});
  }

  runtime_options impatient() {
    auto settings = options();
    settings.drain_deadline = 200ms;
    settings.unload_deadline = 200ms;
    return settings;
  }
};

TEST_F(Drain, UnloadHandlesEverythingThatWasAccepted) {
  auto wait = std::make_shared<door>();
  const auto rt = running({stopping_at(wait)});
  rt->emit("a.stop");
  ASSERT_TRUE(wait->await_arrival());
  for (int i = 0; i < 600; ++i) rt->emit("a.more");
  auto unloading = std::async(std::launch::async, [&] { return rt->unload("p"); });
  ASSERT_TRUE(eventually([&] { return state_of(*rt, "p") == plugin_state::draining; }));
  EXPECT_EQ(rt->emit("a.late").matched, 0U) << "what comes now is for nobody";
  wait->open();
  EXPECT_EQ(unloading.get().counters.delivered, 601U);
  EXPECT_EQ(book_->count("a.more"), 600U);
  EXPECT_EQ(book_->count("a.late"), 0U);
  const auto lines = book_->lines();
  EXPECT_EQ(lines.at(lines.size() - 2), "disable");
  EXPECT_EQ(lines.back(), "unload");
}

TEST_F(Drain, UnloadGivesUpTheRestAtItsDeadlineAndAnswersForIt) {
  auto wait = std::make_shared<door>();
  const auto rt = running({stopping_at(wait)}, impatient());
  const auto route = rt->routes().current()->at(0);
  rt->emit("a.stop");
  ASSERT_TRUE(wait->await_arrival());
  auto waiting = std::async(std::launch::async, [&] { return rt->emit_sync("a.more", json::object(), soon); });
  ASSERT_TRUE(eventually([&] { return rt->plugin("p")->counters.queued > 0; }));
  std::promise<response> answer;
  route.dispatch({}, responder{[&](response r) { answer.set_value(std::move(r)); }});
  rt->unload("p");
  const auto report = waiting.get();
  ASSERT_EQ(report.results.size(), 1U);
  EXPECT_EQ(report.results[0].outcome, terminated);
  EXPECT_EQ(answer.get_future().get().status, 503);
  EXPECT_TRUE(logs().has(log_level::warn, "givenUp"));
  EXPECT_EQ(state_of(*rt, "p"), std::nullopt);
  wait->open();
}

TEST_F(Drain, GivesUpAlsoWhatTheStuckTurnHadTakenAlready) {
  auto wait = std::make_shared<door>();
  auto begin = std::make_shared<door>();
  const auto rt = running({scripted("p", {.on_load =
                                              [wait, begin](plugin_context& ctx) {
                                                ctx.events().on("a.begin", [begin](const event&) { begin->pass(); });
                                                ctx.events().on("a.stop", [wait](const event&) { wait->pass(); });
                                                ctx.events().on("a.more", [](const event&) {});
                                                ctx.api().get("/x", [](const request&) { return response{200}; });
                                              }})},
                          impatient());
  const auto route = rt->routes().current()->at(0);
  rt->emit("a.begin");
  ASSERT_TRUE(begin->await_arrival());
  rt->emit("a.stop");
  auto waiting = std::async(std::launch::async, [&] { return rt->emit_sync("a.more", json::object(), soon); });
  ASSERT_TRUE(eventually([&] { return rt->plugin("p")->counters.queued >= 2; }));
  begin->open();
  ASSERT_TRUE(wait->await_arrival());
  ASSERT_EQ(rt->plugin("p")->counters.queued, 1U) << "the turn has taken it, but not begun";
  rt->unload("p");
  EXPECT_EQ(waiting.get().results.at(0).outcome, terminated);
  wait->open();
}

TEST_F(Drain, DisableHandlesWhatWasAcceptedBeforeOnDisable) {
  auto wait = std::make_shared<door>();
  const auto rt = running({stopping_at(wait)});
  rt->emit("a.stop");
  ASSERT_TRUE(wait->await_arrival());
  rt->emit("a.more");
  auto disabling = std::async(std::launch::async, [&] { return rt->disable("p"); });
  ASSERT_TRUE(eventually([&] { return state_of(*rt, "p") == plugin_state::draining; }));
  wait->open();
  EXPECT_EQ(disabling.get().state, plugin_state::disabled);
  EXPECT_THAT(book_->lines(), ElementsAre("a.stop", "a.more", "disable"));
}

TEST_F(Drain, NoEventComesAfterOnDisableHoweverManyAreEmitted) {
  auto disabled = std::make_shared<std::atomic<bool>>(true);
  auto late = std::make_shared<std::atomic<int>>(0);
  const auto rt = running({scripted(
      "p", {.on_load =
                [=](plugin_context& ctx) { ctx.events().on("a.*", [=](const event&) { *late += *disabled ? 1 : 0; }); },
            .on_enable = [=](plugin_context&) { *disabled = false; },
            .on_disable = [=](plugin_context&) { *disabled = true; }})});
  std::vector<std::jthread> emitters;
  for (int t = 0; t < 2; ++t)
    emitters.emplace_back([&](std::stop_token stop) {
      while (!stop.stop_requested()) rt->emit("a.b");
    });
  for (int round = 0; round < 20; ++round) {
    rt->disable("p");
    rt->enable("p");
  }
  emitters.clear();
  rt->unload("p");
  EXPECT_EQ(*late, 0);
}

TEST_F(Drain, WhatAHandlerRegistersWhileItIsDrainedDoesNotComeBack) {
  auto wait = std::make_shared<door>();
  const auto rt = running({scripted("p", {.on_load = [wait](plugin_context& ctx) {
                                      ctx.api().get("/x", [](const request&) { return response{200}; });
                                      ctx.events().on("a.*", [wait, &ctx](const event&) {
                                        wait->pass();
                                        ctx.api().get("/y", [](const request&) { return response{200}; });
                                        ctx.events().on("b.*", [](const event&) {});
                                      });
                                    }})});
  // Follows every publication: what comes and goes between two looks is seen too.
  std::atomic<bool> withdrawn{false};
  std::atomic<bool> came_back{false};
  rt->routes().follow([&](const std::shared_ptr<const endpoint_list>& now) {
    if (withdrawn && !now->empty()) came_back = true;
    if (now->empty()) withdrawn = true;
  });
  rt->emit("a.b");
  ASSERT_TRUE(wait->await_arrival());
  auto unloading = std::async(std::launch::async, [&] { return rt->unload("p"); });
  ASSERT_TRUE(eventually([&] { return rt->routes().current()->empty(); }));
  wait->open();
  unloading.get();
  EXPECT_THAT(*rt->routes().current(), IsEmpty());
  EXPECT_FALSE(came_back);
  rt->routes().follow({});
}

}  // namespace
}  // namespace streamspace
