#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <streamspace/actors/event_delivery.hpp>
#include <streamspace/actors/flight_block.hpp>

namespace streamspace {
namespace {

event small(int n = 0) {
  return event{"a.b", json{{"n", n}}};
}
event large() {
  return event{"a.b", json(std::string(10'000, 'x'))};
}

event_delivery delivery_of(event e) {
  flight_block::departure departing{std::move(e), event_type_number::other};
  return {departing.hand_out(), {}};
}

TEST(FlightBlock, KeepsEachEventUntilItsLastDeliveryIsGone) {
  std::vector<event_delivery> kept;
  for (int n = 0; n < 100; ++n) {
    auto delivery = delivery_of(small(n));
    if (n % 7 == 0) kept.push_back(std::move(delivery));
  }
  for (std::size_t i = 0; i < kept.size(); ++i) EXPECT_EQ(kept[i].what().data()["n"], 7 * i);
}

TEST(FlightBlock, GivesThePlaceOfAnEventThatNobodyGotToTheNext) {
  const event* first = nullptr;
  {
    flight_block::departure unheard{small(), event_type_number::other};
    first = &unheard.what();
  }
  flight_block::departure next{small(), event_type_number::other};
  EXPECT_EQ(&next.what(), first);
}

TEST(FlightBlock, SharesALargeEventAndCopiesASmallOne) {
  std::optional<event_delivery> delivery = delivery_of(large());
  const auto* const where = &delivery->what();
  const auto shared = delivery->shared_event();
  EXPECT_EQ(shared.get(), where);
  delivery.reset();
  EXPECT_EQ(shared->data().get<std::string>().size(), 10'000U);

  delivery = delivery_of(small(5));
  const auto copy = delivery->shared_event();
  EXPECT_NE(copy.get(), &delivery->what());
  EXPECT_EQ(copy->id(), delivery->what().id());
  EXPECT_EQ(copy->data(), delivery->what().data());
}

TEST(FlightBlock, LetsAnEmitBeginWithinAnother) {
  std::vector<event_delivery> deliveries;
  {
    flight_block::departure outer{small(1), event_type_number::other};
    for (int n = 2; n < 20; ++n) deliveries.push_back(delivery_of(small(n)));
    deliveries.emplace_back(outer.hand_out(), subscription_key{});
  }
  EXPECT_EQ(deliveries.back().what().data()["n"], 1);
  EXPECT_EQ(deliveries.front().what().data()["n"], 2);
}

TEST(FlightBlock, OutlivesTheThreadThatEmitted) {
  std::vector<event_delivery> deliveries;
  std::thread{[&] {
    for (int n = 0; n < 3; ++n) deliveries.push_back(delivery_of(small(n)));
  }}.join();
  EXPECT_EQ(deliveries[2].what().data()["n"], 2);
}

TEST(FlightBlock, IsLetGoOfByManyThreads) {
  constexpr int threads = 4;
  constexpr int events = 2'000;
  std::vector<std::vector<event_delivery>> deliveries(threads);
  for (int n = 0; n < events; ++n) {
    flight_block::departure departing{n % 50 == 0 ? large() : small(n), event_type_number::other};
    for (auto& each : deliveries) each.emplace_back(departing.hand_out(), subscription_key{});
  }
  std::atomic<int> handled{0};
  {
    std::vector<std::jthread> all;
    for (auto& mine : deliveries)
      all.emplace_back([&] {
        flight_releases done;
        for (auto& delivery : mine) {
          handled += delivery.what().type() == "a.b" ? 1 : 0;
          delivery.settle(done);
        }
      });
  }
  EXPECT_EQ(handled, threads * events);
}

}  // namespace
}  // namespace streamspace
