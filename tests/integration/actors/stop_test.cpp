#include <future>
#include <thread>

#include <gmock/gmock.h>

#include "runtime_test.hpp"
#include <streamspace/actors/runtime_actors.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::code_of;
using testing::door;
using ::testing::ElementsAre;
using testing::eventually;
using ::testing::IsEmpty;
using testing::plugin_script;
using testing::scripted;
using testing::soon;
using testing::state_of;

class Stop : public testing::runtime_test {
 protected:
  plugin_factory noted(const std::string& name) {
    return scripted(name, {.on_load = [](plugin_context& ctx) { ctx.events().on("a.*", [](const event&) {}); },
                           .on_unload = [book = book_](plugin_context& ctx) { book->write(ctx.name()); }});
  }
  runtime_options impatient() {
    auto settings = options();
    settings.load_deadline = 400ms;
    settings.drain_deadline = 400ms;
    settings.unload_deadline = 400ms;
    return settings;
  }
  bool left_something() const { return logs().has(log_level::error, "left behind"); }
};

TEST_F(Stop, UnloadsInReverseOrderOfLoading) {
  const auto rt = started({noted("a"), noted("b"), noted("c"), noted("d")});
  for (const auto* name : {"c", "a", "d", "b"}) rt->load({.name = name});
  rt->reload("c");
  rt->stop();
  EXPECT_THAT(book_->lines(), ElementsAre("c", "b", "d", "a", "c")) << "a reload unloads the version before";
  EXPECT_FALSE(left_something());
}

TEST_F(Stop, HappensOnDestructionToo) {
  running({noted("a"), noted("b")}).reset();
  EXPECT_THAT(book_->lines(), ElementsAre("b", "a"));
}

TEST_F(Stop, EndsWhatTheRuntimeShowsAndTakesNothingMore) {
  const auto rt = running({noted("a")});
  rt->stop();
  rt->stop();
  EXPECT_THAT(*rt->routes().current(), IsEmpty());
  EXPECT_EQ(rt->emit("a.b").matched, 0U);
  EXPECT_THAT(rt->emit_sync("a.b", json::object(), soon).results, IsEmpty());
  EXPECT_EQ(code_of([&] { rt->load({.name = "a"}); }), ec::unavailable);
  EXPECT_EQ(code_of([&] { static_cast<void>(rt->plugins()); }), ec::unavailable);
  EXPECT_EQ(code_of([&] { rt->start(); }), ec::conflict);
  EXPECT_THAT(book_->lines(), ElementsAre("a"));
}

TEST_F(Stop, MayBeCalledByManyAtOnceWhileOthersUseTheRuntime) {
  const auto rt = running({noted("a"), noted("b")});
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&] { rt->stop(); });
  threads.emplace_back([&] {
    for (int i = 0; i < 100; ++i) {
      rt->emit("a.b");
      code_of([&] { static_cast<void>(rt->plugins()); });
    }
  });
  threads.clear();
  EXPECT_THAT(book_->lines(), ElementsAre("b", "a"));
  EXPECT_FALSE(left_something());
}

TEST_F(Stop, UnloadsAPluginThatIsJustComingUp) {
  auto wait = std::make_shared<door>();
  const auto rt =
      started({noted("early"), scripted("p", {.on_load = [wait](plugin_context&) { wait->pass(); },
                                              .on_unload = [book = book_](plugin_context&) { book->write("p"); }})});
  rt->load({.name = "early"});
  auto loading = std::async(std::launch::async, [&] { return code_of([&] { rt->load({.name = "p"}); }); });
  ASSERT_TRUE(wait->await_arrival());
  auto stopping = std::async(std::launch::async, [&] { rt->stop(); });
  ASSERT_TRUE(eventually([&] { return code_of([&] { rt->load({.name = "early"}); }) == ec::unavailable; }));
  wait->open();
  stopping.get();
  loading.get();
  EXPECT_THAT(book_->lines(), ElementsAre("p", "early"));
  EXPECT_FALSE(left_something());
}

TEST_F(Stop, LeavesNothingBehindWhenAPluginHasFailedJustBefore) {
  for (int round = 0; round < 20; ++round) {
    const auto rt = started({scripted("p", {.on_load = [](plugin_context&) { throw 42; }})});
    EXPECT_EQ(code_of([&] { rt->load({.name = "p"}); }), ec::plugin_failed);
    rt->stop();
  }
  EXPECT_FALSE(left_something());
}

TEST_F(Stop, ReturnsThoughAnOnLoadNeverDoes) {
  auto stuck = std::make_shared<door>();
  auto rt = started({noted("fine"), scripted("stuck", {.on_load = [stuck](plugin_context&) { stuck->pass(); }})},
                    impatient());
  EXPECT_EQ(code_of([&] { rt->load({.name = "stuck"}); }), ec::plugin_failed);
  EXPECT_EQ(state_of(*rt, "stuck"), plugin_state::failed);
  EXPECT_TRUE(rt->load({.name = "fine"}).enabled());
  rt->stop();
  EXPECT_TRUE(logs().has(log_level::error, "\"stuck\"")) << "it says who is left behind";
  EXPECT_TRUE(left_something());
  EXPECT_THAT(book_->lines(), ElementsAre("fine"));
  rt.reset();
  stuck->open();
  EXPECT_TRUE(stuck->await_passage());
}

TEST_F(Stop, ReturnsThoughAnOnUnloadNeverDoes) {
  auto stuck = std::make_shared<door>();
  auto rt = running({noted("fine"), scripted("stuck", {.on_unload = [stuck](plugin_context&) { stuck->pass(); }})},
                    impatient());
  rt->stop();
  EXPECT_TRUE(left_something());
  EXPECT_THAT(book_->lines(), ElementsAre("fine"));
  rt.reset();
  stuck->open();
  EXPECT_TRUE(stuck->await_passage());
}

TEST_F(Stop, IsCleanWhenAPluginThatWasLateHasReturnedByThen) {
  auto late = std::make_shared<door>();
  const auto rt = started({scripted("late", {.on_load = [late](plugin_context&) { late->pass(); }})}, impatient());
  EXPECT_EQ(code_of([&] { rt->load({.name = "late"}); }), ec::plugin_failed);
  late->open();
  ASSERT_TRUE(late->await_passage());
  rt->stop();
  EXPECT_FALSE(left_something());
}

TEST_F(Stop, LetsAPluginUseTheRuntimeWhileItIsUnloaded) {
  runtime* self = nullptr;
  std::vector<std::optional<ec>> codes;
  const auto rt = running({scripted("p", {.on_unload =
                                              [&](plugin_context& ctx) {
                                                self->emit("a.b");
                                                ctx.storage().set("k", 1);
                                                codes = {code_of([&] { static_cast<void>(self->plugins()); }),
                                                         code_of([&] { self->load({.name = "q"}); }),
                                                         code_of([&] { self->stop(); })};
                                              }}),
                           noted("q")});
  self = rt.get();
  rt->stop();
  EXPECT_THAT(codes, ElementsAre(std::nullopt, ec::unavailable, ec::would_deadlock));
}

TEST_F(Stop, UnloadLeavesNoActorBehind) {
  const auto rt = started({noted("a"), noted("b")});
  const auto actors = actors_of(*rt);
  const auto running_actors = [&] { return actors.system.registry().running(); };
  rt->load({.name = "a"});
  rt->unload("a");
  ASSERT_TRUE(eventually([&] { return rt->plugins().empty(); }));
  const auto before = running_actors();
  for (int i = 0; i < 5; ++i) {
    rt->load({.name = "a"});
    rt->load({.name = "b"});
    rt->reload("a");
    rt->emit_sync("a.b", json::object(), soon);
    rt->unload("b");
    rt->unload("a");
  }
  EXPECT_TRUE(eventually([&] { return running_actors() <= before; })) << running_actors() << " instead of " << before;
}

TEST_F(Stop, WorksWithASingleWorker) {
  auto settings = options();
  settings.workers = 1;
  const auto rt = running({noted("a"), noted("b")}, settings);
  EXPECT_TRUE(rt->emit_sync("a.b", json::object(), soon).all_handled());
  rt->stop();
  EXPECT_THAT(book_->lines(), ElementsAre("b", "a"));
}

}  // namespace
}  // namespace streamspace
