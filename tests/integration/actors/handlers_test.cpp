// What handlers do with the bus while they handle an event.
#include <gmock/gmock.h>

#include "runtime_test.hpp"

namespace streamspace::testing {
namespace {

using ::testing::ElementsAre;

class Handlers : public runtime_test {
 protected:
  std::shared_ptr<journal> others_ = std::make_shared<journal>();
};

TEST_F(Handlers, GetNothingMoreOnceTheyHaveUnsubscribedThemselvesThoughMoreWaits) {
  auto wait = std::make_shared<door>();
  const auto rt = running({scripted("p", {.on_load = [wait, book = book_](plugin_context& ctx) {
                                      ctx.events().on("a.number", [wait, book, &ctx](const event& e) {
                                        wait->pass();
                                        const int n = e.data().at("n");
                                        book->write(std::to_string(n));
                                        if (n == 2) ctx.events().off("a.number");
                                      });
                                      ctx.events().on("a.last", [book](const event&) { book->write("last"); });
                                    }})});
  for (int n = 1; n <= 1'000; ++n) ASSERT_EQ(rt->emit("a.number", json{{"n", n}}).enqueued, 1U);
  rt->emit("a.last");
  wait->open();
  ASSERT_TRUE(book_->await(3));
  EXPECT_THAT(book_->lines(), ElementsAre("1", "2", "last"));
  EXPECT_EQ(rt->emit("a.number", json{{"n", 0}}).matched, 0U);
}

TEST_F(Handlers, MaySubscribeAnewToWhatTheyGiveUpAndHearOnlyWhatComesLater) {
  auto wait = std::make_shared<door>();
  const auto rt = running({scripted("p", {.on_load = [wait, book = book_](plugin_context& ctx) {
                                      ctx.events().on("a.b", [wait, book, &ctx](const event&) {
                                        wait->pass();
                                        book->write("first");
                                        ctx.events().off("a.b");
                                        ctx.events().on("a.b", [book](const event&) { book->write("second"); });
                                      });
                                      ctx.events().on("a.last", [book](const event&) { book->write("last"); });
                                    }})});
  for (int i = 0; i < 3; ++i) rt->emit("a.b");
  rt->emit("a.last");
  wait->open();
  ASSERT_TRUE(book_->await(2));
  rt->emit("a.b");
  ASSERT_TRUE(book_->await(3));
  EXPECT_THAT(book_->lines(), ElementsAre("first", "last", "second"));
}

TEST_F(Handlers, EmitToOthersAndToThemselvesBehindWhatWaitsAlready) {
  auto wait = std::make_shared<door>();
  const auto rt =
      running({scripted("p", {.on_load =
                                  [wait, book = book_](plugin_context& ctx) {
                                    ctx.events().on("a.begin", [wait, book, &ctx](const event&) {
                                      wait->pass();
                                      const auto report = ctx.events().emit("told");
                                      book->write("enqueued " + std::to_string(report.enqueued));
                                    });
                                    ctx.events().on("a.waiting", [book](const event&) { book->write("waiting"); });
                                    ctx.events().on("plugin.p.told", [book](const event&) { book->write("p told"); });
                                  }}),
               scripted("q", {.on_load = [seen = others_](plugin_context& ctx) {
                          ctx.events().on("plugin.p.told", [seen](const event& e) { seen->write(e.source()); });
                        }})});
  rt->emit("a.begin");
  rt->emit("a.waiting");
  wait->open();
  ASSERT_TRUE(book_->await(3));
  EXPECT_THAT(book_->lines(), ElementsAre("enqueued 2", "waiting", "p told"));
  ASSERT_TRUE(others_->await(1));
  EXPECT_THAT(others_->lines(), ElementsAre("p"));
}

TEST_F(Handlers, EmitToThemselvesAgainAndAgainWithoutGoingDeeper) {
  constexpr int rounds = 20'000;
  const auto rt =
      running({scripted("p", {.on_load = [book = book_](plugin_context& ctx) {
                          ctx.events().on("plugin.p.again", [book, &ctx, depth = 0](const event& e) mutable {
                            const int left = e.data().at("left");
                            if (++depth > 1) book->write("called within itself");
                            if (left > 0)
                              ctx.events().emit("again", json{{"left", left - 1}});
                            else
                              book->write("done");
                            --depth;
                          });
                        }})});
  rt->emit("plugin.p.again", json{{"left", rounds}});
  ASSERT_TRUE(book_->await(1));
  EXPECT_THAT(book_->lines(), ElementsAre("done"));
  ASSERT_TRUE(eventually([&] { return rt->plugin("p")->counters.delivered == rounds + 1; }));
}

}  // namespace
}  // namespace streamspace::testing
