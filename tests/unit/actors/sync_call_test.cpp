#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/event_delivery.hpp>
#include <streamspace/actors/sync_call.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using enum delivery_outcome;

constexpr int plugin_a = 0;
constexpr int plugin_b = 0;
constexpr int plugin_c = 0;

struct call_release {
  void operator()(sync_call* call) const noexcept { call->release(); }
};
using call_ptr = std::unique_ptr<sync_call, call_release>;

call_ptr call_from(const void* issuer, sync_call* parent = nullptr) {
  return call_ptr{new sync_call{event{"a.b"}, event_type_number::other, issuer, parent}};
}

subscription_ptr subscription_of(std::string plugin, std::string pattern) {
  auto made = std::make_shared<subscription>();
  made->plugin = std::move(plugin);
  made->pattern = std::move(pattern);
  return made;
}

/// A delivery of the call to one plugin.
event_delivery delivery_to(sync_call& call, const std::string& plugin, const std::string& pattern = "a.*") {
  const auto index = call.expect(subscription_of(plugin, pattern));
  call.retain(1);
  return {call.what(), {}, index};
}

/// What settled deliveries refer to is let go of at once.
void settle(event_delivery& delivery) {
  flight_releases done;
  delivery.settle(done);
}

sync_call::clock::time_point soon() {
  return sync_call::clock::now() + 30s;
}
sync_call::clock::time_point at_once() {
  return sync_call::clock::now();
}

TEST(SyncCall, CollectsOneResultForEachDelivery) {
  const auto call = call_from(nullptr);
  auto first = delivery_to(*call, "one", "session.*");
  auto second = delivery_to(*call, "two", "session.created");
  first.answer(handled);
  second.answer(exception, "std::runtime_error", "no");
  const auto report = call->wait_until(soon());
  ASSERT_EQ(report.results.size(), 2U);
  EXPECT_EQ(report.results[0].plugin, "one");
  EXPECT_EQ(report.results[0].subscription, "session.*");
  EXPECT_EQ(report.results[0].outcome, handled);
  EXPECT_EQ(report.results[0].what, "") << "nothing is left of the text that stood for no answer";
  EXPECT_EQ(report.results[1].outcome, exception);
  EXPECT_EQ(report.results[1].exception_type, "std::runtime_error");
  EXPECT_EQ(report.results[1].what, "no");
}

TEST(SyncCall, ReturnsAtOnceWhenNobodyIsExpected) {
  EXPECT_TRUE(call_from(nullptr)->wait_until(soon()).results.empty());
}

TEST(SyncCall, CountsTheFirstAnswerOfADelivery) {
  const auto call = call_from(nullptr);
  const auto index = call->expect(subscription_of("one", "a"));
  call->answer(index, error, {}, "first");
  call->answer(index, handled, {}, "second");
  const auto report = call->wait_until(soon());
  EXPECT_EQ(report.results[0].outcome, error);
  EXPECT_EQ(report.results[0].what, "first");
}

TEST(SyncCall, ReportsWhoDidNotAnswerBeforeTheDeadlineAsTimeout) {
  const auto call = call_from(nullptr);
  auto silent = delivery_to(*call, "silent", "a");
  auto prompt = delivery_to(*call, "prompt", "a");
  prompt.answer(handled);
  const auto report = call->wait_until(at_once());
  EXPECT_EQ(report.results[0].outcome, timeout);
  EXPECT_NE(report.results[0].what, "");
  EXPECT_EQ(report.results[1].outcome, handled);
  silent.answer(handled);  // Comes too late, and finds nobody.
}

TEST(SyncCall, WakesItsWaiterWhenTheLastAnswerComes) {
  const auto call = call_from(nullptr);
  std::vector<event_delivery> deliveries;
  for (int i = 0; i < 8; ++i) deliveries.push_back(delivery_to(*call, "p"));
  std::vector<std::jthread> threads;
  for (auto& d : deliveries) threads.emplace_back([&d] { settle(d); });
  EXPECT_TRUE(call->wait_until(soon()).all_handled());
}

TEST(EventDelivery, ReportsTerminatedWhenItIsDestroyedUnanswered) {
  const auto call = call_from(nullptr);
  { const auto destroyed = delivery_to(*call, "one", "a"); }
  const auto report = call->wait_until(soon());
  EXPECT_EQ(report.results[0].outcome, terminated);
  EXPECT_NE(report.results[0].what, "");
}

TEST(EventDelivery, TakesItsDutyAlongWhenItMoves) {
  const auto call = call_from(nullptr);
  std::vector<event_delivery> last;
  {
    auto first = delivery_to(*call, "one");
    auto second = std::move(first);
    last.push_back(std::move(second));
  }
  EXPECT_FALSE(call->all_answered());
  settle(last.front());
  EXPECT_TRUE(call->all_answered());
  last.clear();
  EXPECT_EQ(call->wait_until(soon()).results[0].outcome, handled) << "it was settled before it was destroyed";
}

TEST(EventDelivery, AnswersForWhatItHeldWhenAnotherIsAssigned) {
  const auto call = call_from(nullptr);
  auto one = delivery_to(*call, "one");
  auto two = delivery_to(*call, "two");
  one = std::move(two);
  settle(one);
  const auto report = call->wait_until(soon());
  EXPECT_EQ(report.results[0].outcome, terminated);
  EXPECT_EQ(report.results[1].outcome, handled);
}

TEST(EventDelivery, OutlivesItsWaiter) {
  auto call = call_from(nullptr);
  auto late = delivery_to(*call, "one", "a");
  call->wait_until(at_once());
  call.reset();
  late.answer(handled);
}

TEST(SyncCall, HandsItsReportToACallbackWhenTheLastAnswerComes) {
  const auto call = call_from(nullptr);
  auto one = delivery_to(*call, "one");
  auto two = delivery_to(*call, "two");
  std::vector<sync_report> reports;
  settle(one);
  call->then([&](sync_report report) { reports.push_back(std::move(report)); });
  EXPECT_TRUE(reports.empty());
  settle(two);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_TRUE(reports[0].all_handled());
  call->expire();
  EXPECT_EQ(reports.size(), 1U) << "it is called once";
}

TEST(SyncCall, HandsItsReportToACallbackAtOnceWhenAllHaveAnswered) {
  const auto call = call_from(nullptr);
  auto lost = delivery_to(*call, "one");
  settle(lost);
  int reports = 0;
  call->then([&](const sync_report& report) { reports += report.all_handled() ? 1 : 0; });
  EXPECT_EQ(reports, 1);
}

TEST(SyncCall, HandsTimeoutsToItsCallbackWhenItExpires) {
  const auto call = call_from(nullptr);
  auto silent = delivery_to(*call, "silent");
  std::vector<sync_report> reports;
  call->then([&](sync_report report) { reports.push_back(std::move(report)); });
  call->expire();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].results[0].outcome, timeout);
  settle(silent);
  EXPECT_EQ(reports.size(), 1U);
}

TEST(SyncCall, HandsTimeoutsToACallbackThatComesAfterItExpired) {
  const auto call = call_from(nullptr);
  auto silent = delivery_to(*call, "silent");
  call->expire();
  int timeouts = 0;
  call->then([&](const sync_report& report) { timeouts += report.results[0].outcome == timeout ? 1 : 0; });
  EXPECT_EQ(timeouts, 1);
  settle(silent);
  EXPECT_EQ(timeouts, 1);
}

TEST(SyncCall, CallsItsCallbackOnceWhenTheLastAnswerMeetsTheDeadline) {
  for (int round = 0; round < 4'000; ++round) {
    const auto call = call_from(nullptr);
    auto delivery = delivery_to(*call, "p");
    std::atomic<int> reports{0};
    {
      std::jthread answers{[&] { settle(delivery); }};
      call->then([&](const sync_report& report) { reports += static_cast<int>(report.results.size()); });
      call->expire();
    }
    ASSERT_EQ(reports, 1);
  }
}

TEST(SyncCall, KnowsThePluginThatWaitsForIt) {
  const auto call = call_from(&plugin_a);
  EXPECT_TRUE(call->is_awaited_by(&plugin_a));
  EXPECT_FALSE(call->is_awaited_by(&plugin_b));
  EXPECT_FALSE(call_from(nullptr)->is_awaited_by(&plugin_a)) << "no plugin waits for what the platform emits";
}

TEST(SyncCall, KnowsEveryPluginOfAChainThatWaitsForIt) {
  const auto from_a = call_from(&plugin_a);
  const auto from_b = call_from(&plugin_b, from_a.get());
  EXPECT_TRUE(from_b->is_awaited_by(&plugin_a)) << "A waits for B, which waits for this";
  EXPECT_TRUE(from_b->is_awaited_by(&plugin_b));
  EXPECT_FALSE(from_b->is_awaited_by(&plugin_c));
}

TEST(SyncCall, IsAwaitedByNobodyOnceItsWaiterHasGivenUp) {
  const auto from_a = call_from(&plugin_a);
  auto slow = delivery_to(*from_a, "b", "a");
  from_a->wait_until(at_once());
  // B still handles the event when A has given up; what B emits now may reach A.
  EXPECT_FALSE(from_a->is_awaited_by(&plugin_a));
  const auto from_b = call_from(&plugin_b, from_a.get());
  EXPECT_FALSE(from_b->is_awaited_by(&plugin_a));
  EXPECT_TRUE(from_b->is_awaited_by(&plugin_b));
}

TEST(SyncCall, IsAwaitedByNobodyBeyondALinkThatHasGivenUp) {
  const auto from_a = call_from(&plugin_a);
  const auto from_b = call_from(&plugin_b, from_a.get());
  auto slow = delivery_to(*from_b, "c", "a");
  from_b->wait_until(at_once());
  const auto from_c = call_from(&plugin_c, from_b.get());
  EXPECT_FALSE(from_c->is_awaited_by(&plugin_a)) << "A waits for B, but B no longer for C";
}

}  // namespace
}  // namespace streamspace
