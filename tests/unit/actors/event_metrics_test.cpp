#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/event_metrics.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> types_in(const event_metrics& metrics) {
  std::vector<std::string> types;
  for (const auto& figures : metrics.snapshot()) types.push_back(figures.type);
  return types;
}

std::string numbered(int n) {
  return "a.type_" + std::to_string(n);
}

TEST(EventMetrics, IsEmptyAtFirst) {
  EXPECT_THAT(event_metrics{}.snapshot(), IsEmpty());
}

TEST(EventMetrics, KeepsEachTypeApartAndTellsThemSorted) {
  event_metrics metrics;
  metrics.of("user.login").count_emitted();
  auto& created = metrics.of("session.created");
  for (int i = 0; i < 3; ++i) created.count_emitted();
  created.add_delivered(20);
  created.add_failed(4);
  created.add_dropped(2);
  created.add_retried(1);
  created.add_delivered(10);
  EXPECT_THAT(metrics.snapshot(),
              ElementsAre(event_type_figures{"session.created", 3, 30, 4, 2, 1}, event_type_figures{"user.login", 1}));
}

TEST(EventMetrics, FindsATypeWhereverItsTextLies) {
  event_metrics metrics;
  const std::string longer_than_a_string_keeps_within_itself(200, 'x');
  auto& first = metrics.of(longer_than_a_string_keeps_within_itself);
  EXPECT_EQ(&metrics.of(std::string{longer_than_a_string_keeps_within_itself}), &first);
  EXPECT_NE(&metrics.of(longer_than_a_string_keeps_within_itself.substr(1)), &first);
  EXPECT_NE(&metrics.of(""), &first);
  EXPECT_EQ(&metrics.of(""), &metrics.of(std::string_view{}));
}

TEST(EventMetrics, FindsATypeByItsNumber) {
  event_metrics metrics{3};
  for (int n = 0; n < 5; ++n) {
    auto& of_type = metrics.of(numbered(n));
    EXPECT_EQ(of_type.number() == event_type_number::other, n >= 3) << "only three have figures of their own";
    EXPECT_EQ(&metrics.of(of_type.number()), &of_type);
  }
  EXPECT_EQ(&metrics.of(event_type_number{4}), &metrics.of(event_type_number::other)) << "no type has this number";
}

TEST(EventMetrics, AddsUpWhatComesInRuns) {
  event_metrics metrics;
  const auto a = metrics.of("a.a").number();
  const auto b = metrics.of("b.b").number();
  delivered_run run{metrics};
  for (const auto type : {a, a, b, a}) run.add(type);
  run.flush();
  run.flush();
  EXPECT_THAT(metrics.snapshot(), ElementsAre(event_type_figures{"a.a", 0, 3}, event_type_figures{"b.b", 0, 1}));
}

TEST(EventMetrics, TellsLatenciesOfBothKinds) {
  event_metrics metrics;
  auto& created = metrics.of("session.created");
  for (const auto latency : {1ns, 2ns, 9ns}) created.record_wait(latency);
  created.record_handling(5ms);
  const auto figures = metrics.snapshot().at(0);
  EXPECT_EQ(figures.wait, (latency_summary{3, 12ns, 2ns, 9ns, 9ns}));
  EXPECT_EQ(figures.handling, (latency_summary{1, 5ms, 5ms, 5ms, 5ms}));
}

TEST(EventMetrics, CountsTypesPastTheBoundTogether) {
  event_metrics metrics{3};
  for (int n = 0; n < 100; ++n) metrics.of(numbered(n)).count_emitted();
  for (int n = 0; n < 100; ++n) metrics.of(numbered(n)).add_delivered(1);
  EXPECT_THAT(metrics.snapshot(),
              ElementsAre(event_type_figures{"(other)", 97, 97}, event_type_figures{numbered(0), 1, 1},
                          event_type_figures{numbered(1), 1, 1}, event_type_figures{numbered(2), 1, 1}));
}

TEST(EventMetrics, HasRoomForAllThatItIsMadeFor) {
  event_metrics metrics;
  for (int n = 0; n < static_cast<int>(event_metrics::usual_types); ++n) metrics.of(numbered(n));
  EXPECT_THAT(types_in(metrics), SizeIs(event_metrics::usual_types));
  metrics.of("a.further").count_emitted();
  EXPECT_THAT(types_in(metrics), SizeIs(event_metrics::usual_types + 1));
  EXPECT_EQ(types_in(metrics).front(), event_metrics::other);
}

TEST(EventMetrics, CountsAllTogetherWhenItMayKeepNoneApart) {
  event_metrics metrics{0};
  metrics.of("a.b").count_emitted();
  metrics.of("a.c").count_emitted();
  EXPECT_THAT(metrics.snapshot(), ElementsAre(event_type_figures{"(other)", 2}));
}

TEST(EventMetrics, LosesNothingWhileManyThreadsCountAndMeetNewTypes) {
  constexpr int threads = 4;
  constexpr int types = 50;
  constexpr int most = 40;
  constexpr std::uint64_t rounds = 200;
  event_metrics metrics{most};
  {
    std::vector<std::jthread> running;
    for (int t = 0; t < threads; ++t)
      running.emplace_back([&] {
        for (std::uint64_t round = 0; round < rounds; ++round)
          for (int n = 0; n < types; ++n) {
            auto& type = metrics.of(numbered(n));
            type.count_emitted();
            type.add_delivered(2);
            type.record_wait(std::chrono::nanoseconds{round + 1});
          }
      });
    running.emplace_back([&](std::stop_token stop) {
      std::uint64_t before = 0;
      while (!stop.stop_requested()) {
        std::uint64_t emitted = 0;
        for (const auto& figures : metrics.snapshot()) emitted += figures.emitted;
        EXPECT_GE(emitted, before);
        before = emitted;
      }
    });
  }
  const auto all = metrics.snapshot();
  ASSERT_THAT(all, SizeIs(most + 1));
  for (const auto& figures : all) {
    const auto share = threads * rounds * (figures.type == event_metrics::other ? types - most : 1);
    EXPECT_EQ(figures.emitted, share) << figures.type;
    EXPECT_EQ(figures.delivered, 2 * share) << figures.type;
    EXPECT_EQ(figures.wait.count, share) << figures.type;
    EXPECT_EQ(figures.wait.sum, std::chrono::nanoseconds{share * (rounds + 1) / 2}) << figures.type;
    EXPECT_EQ(figures.wait.max, std::chrono::nanoseconds{rounds}) << figures.type;
  }
}

}  // namespace
}  // namespace streamspace
