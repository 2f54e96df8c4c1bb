// Calls of one plugin's services by another: in whose turn they are done, and what becomes of those that are not.
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include "cell_bed.hpp"
#include <streamspace/actors/event_bus.hpp>
#include <streamspace/actors/plugin_peers.hpp>
#include <streamspace/plugins/sdk/plugin_crash.hpp>

namespace streamspace {

struct peers_adder {
  virtual ~peers_adder() = default;
  virtual int add(int n) = 0;
};

namespace {

using adder = peers_adder;

using namespace std::chrono_literals;
using testing::cell_bed;
using testing::eventually;
using ::testing::HasSubstr;

class PluginPeers : public ::testing::Test {
 protected:
  struct counting : adder {
    int add(int n) override {
      in_turn_of = plugin_cell::current();
      return sum += n;
    }
    int sum = 0;
    const plugin_cell* in_turn_of = nullptr;
  };

  static service_request asking(std::string provider, std::function<void(adder&)> what) {
    return {std::move(provider), service_type_of<adder>(), nullptr,
            [what = std::move(what)](void* object) { what(*static_cast<adder*>(object)); }};
  }
  std::function<void(plugin_context&)> provides(adder& object) {
    return [&object](plugin_context& ctx) { ctx.provide<adder>(object); };
  }

  std::shared_ptr<deadline_timer> timer = std::make_shared<deadline_timer>();
  plugin_peers peers{timer};
  turn_pool pool;
  counting object;
};

TEST_F(PluginPeers, DoWhatTheyAreAskedForInTheirOwnTurn) {
  cell_bed bed{"p", provides(object), {}, &pool};
  peers.add(bed.cell);
  int sum = 0;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(peers.call(asking("p", [&](adder& a) { sum = a.add(2); }), 30s));
  EXPECT_EQ(sum, 200);
  EXPECT_EQ(object.in_turn_of, bed.cell.get());
}

TEST_F(PluginPeers, AreAskedFromManyThreadsAtOnce) {
  cell_bed bed{"p", provides(object), {}, &pool};
  peers.add(bed.cell);
  {
    std::vector<std::jthread> callers;
    for (int t = 0; t < 4; ++t)
      callers.emplace_back([&] {
        for (int i = 0; i < 500; ++i) EXPECT_TRUE(peers.call(asking("p", [](adder& a) { a.add(1); }), 30s));
      });
  }
  EXPECT_EQ(object.sum, 2000);
}

TEST_F(PluginPeers, SayWhatTheyDoNotOffer) {
  cell_bed bed{"p", [](plugin_context&) {}, {}, &pool};
  peers.add(bed.cell);
  const auto nothing = peers.call(asking("p", [](adder&) { FAIL(); }), 30s);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code(), ec::not_found);
  EXPECT_THAT(nothing.error().message(), HasSubstr("plugin p offers no service"));
  EXPECT_THAT(nothing.error().message(), HasSubstr("streamspace::peers_adder"));
  const auto nobody = peers.call(asking("absent", [](adder&) { FAIL(); }), 30s);
  EXPECT_EQ(nobody.error().code(), ec::unavailable);
}

TEST_F(PluginPeers, AnswerWithTheErrorThatTheServiceThrows) {
  cell_bed bed{"p", provides(object), {}, &pool};
  peers.add(bed.cell);
  const auto refused = peers.call(asking("p", [](adder&) { throw error{ec::permission_denied, "not you"}; }), 30s);
  EXPECT_EQ(refused.error(), (error{ec::permission_denied, "not you"}));
  EXPECT_TRUE(bed.logs().empty()) << "what speaks against the caller is no failure of the provider";
  const auto thrown = peers.call(asking("p", [](adder&) { throw std::logic_error{"oh"}; }), 30s);
  EXPECT_EQ(thrown.error().code(), ec::plugin_failed);
  EXPECT_THAT(thrown.error().message(), HasSubstr("std::logic_error: oh"));
  EXPECT_TRUE(eventually([&] { return bed.logs().size() == 1; }));
}

TEST_F(PluginPeers, RefuseWhileTheyAreNotEnabled) {
  cell_bed bed{"p", provides(object), {}, &pool};
  peers.add(bed.cell);
  for (const auto gate : {plugin_cell::gate::shut, plugin_cell::gate::events}) {
    bed.cell->set_gate(gate);
    const auto refused = peers.call(asking("p", [](adder&) { FAIL(); }), 30s);
    EXPECT_EQ(refused.error().code(), ec::unavailable);
    EXPECT_THAT(refused.error().message(), HasSubstr("not enabled"));
  }
}

TEST_F(PluginPeers, RefuseWhenTooManyWait) {
  cell_bed bed{"p", provides(object), {.inbox = {.requests = 2}}};
  peers.add(bed.cell);
  int refused = 0;
  for (int i = 0; i < 5; ++i)
    peers.call_then(asking("p", [](adder&) {}), 30s, [&](const result<void>& r) { refused += r ? 0 : 1; });
  EXPECT_EQ(refused, 3);
}

TEST_F(PluginPeers, DoNotDoLaterWhatHadNotBegunAtTheDeadline) {
  cell_bed bed{"p", provides(object)};  // Nobody takes its turns yet.
  peers.add(bed.cell);
  const auto late = peers.call(asking("p", [](adder& a) { a.add(1); }), 1ms);
  EXPECT_EQ(late.error().code(), ec::timeout);
  EXPECT_THAT(late.error().message(), HasSubstr("it is not done"));
  bed.run();
  EXPECT_EQ(object.sum, 0);
}

TEST_F(PluginPeers, SayThatItMayStillBeDoneWhenItHadBegun) {
  cell_bed bed{"p", provides(object), {}, &pool};
  peers.add(bed.cell);
  std::promise<void> go_on;
  auto may_go_on = go_on.get_future().share();
  const auto late = peers.call(asking("p", [may_go_on](adder& a) { may_go_on.wait(), a.add(1); }), 50ms);
  EXPECT_EQ(late.error().code(), ec::timeout);
  EXPECT_THAT(late.error().message(), HasSubstr("it may still be done"));
  go_on.set_value();
  int sum = 0;
  EXPECT_TRUE(peers.call(asking("p", [&](adder& a) { sum = a.add(1); }), 30s));
  EXPECT_EQ(sum, 2);
}

TEST_F(PluginPeers, TellLaterWithoutAnyoneWaiting) {
  cell_bed bed{"p", provides(object)};
  peers.add(bed.cell);
  std::optional<result<void>> answer;
  peers.call_then(asking("p", [](adder& a) { a.add(1); }), 30s, [&](result<void> r) { answer = std::move(r); });
  EXPECT_FALSE(answer);
  bed.run();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(*answer);
  EXPECT_EQ(timer->waiting(), 0U) << "the deadline is forgotten";
}

TEST_F(PluginPeers, TellWhenTheDeadlineComesFirst) {
  cell_bed bed{"p", provides(object)};
  peers.add(bed.cell);
  std::promise<result<void>> answer;
  peers.call_then(asking("p", [](adder& a) { a.add(1); }), 1ms,
                  [&](result<void> r) { answer.set_value(std::move(r)); });
  EXPECT_EQ(answer.get_future().get().error().code(), ec::timeout);
  bed.run();
  EXPECT_EQ(object.sum, 0);
}

TEST_F(PluginPeers, AnswerThatTheyHaveEnded) {
  std::optional<result<void>> answer;
  {
    cell_bed bed{"p", provides(object)};
    peers.add(bed.cell);
    peers.call_then(asking("p", [](adder&) { FAIL(); }), 30s, [&](result<void> r) { answer = std::move(r); });
  }
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().code(), ec::unavailable);
  EXPECT_EQ(peers.call(asking("p", [](adder&) {}), 30s).error().code(), ec::unavailable);
}

TEST_F(PluginPeers, FindThatTheyWouldWaitForThemselves) {
  cell_bed first{"first", provides(object), {}, &pool};
  peers.add(first.cell);
  struct asks_back : adder {
    int add(int) override {
      answer = ask();
      return 0;
    }
    std::function<result<void>()> ask;
    std::optional<result<void>> answer;
  } asking_back;
  asking_back.ask = [&] { return peers.call(asking("first", [](adder& a) { a.add(1); }), 30s); };
  cell_bed second{"second", provides(asking_back), {}, &pool};
  peers.add(second.cell);
  // The first asks the second in its turn, which asks the first in its own.
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(peers.call(
        asking("first", [&](adder&) { EXPECT_TRUE(peers.call(asking("second", [](adder& a) { a.add(1); }), 30s)); }),
        30s));
    ASSERT_TRUE(asking_back.answer);
    EXPECT_EQ(asking_back.answer->error().code(), ec::would_deadlock);
  }
  EXPECT_EQ(object.sum, 0);
}

TEST_F(PluginPeers, GoOnWithWhatWaitsWhenTheOneBeforeCrashes) {
  cell_bed bed{"p", provides(object)};
  peers.add(bed.cell);
  std::optional<result<void>> crash;
  std::optional<result<void>> next;
  peers.call_then(asking("p", [](adder&) { throw plugin_crash{"lost"}; }), 30s,
                  [&](result<void> r) { crash = std::move(r); });
  peers.call_then(asking("p", [](adder& a) { a.add(1); }), 30s, [&](result<void> r) { next = std::move(r); });
  bed.run();
  ASSERT_TRUE(crash);
  EXPECT_EQ(crash->error().code(), ec::plugin_failed);
  EXPECT_FALSE(next) << "it waits for the restart";
  ASSERT_EQ(bed.troubles.size(), 1U);
  bed.push_restart(provides(object));
  bed.run();
  ASSERT_TRUE(next);
  EXPECT_TRUE(*next);
}

}  // namespace
}  // namespace streamspace
