#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/sync_call.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using enum delivery_outcome;

constexpr int plugin_a = 0;
constexpr int plugin_b = 0;
constexpr int plugin_c = 0;

std::shared_ptr<sync_call> call_from(const void* issuer, std::shared_ptr<sync_call> parent = nullptr) {
  return std::make_shared<sync_call>(issuer, std::move(parent), sync_call::clock::now());
}

sync_call::clock::time_point soon() {
  return sync_call::clock::now() + 30s;
}
sync_call::clock::time_point at_once() {
  return sync_call::clock::now();
}

TEST(SyncCall, CollectsOneResultForEachDelivery) {
  const auto call = call_from(nullptr);
  sync_claim first{call, call->expect("one", "session.*")};
  sync_claim second{call, call->expect("two", "session.created")};
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
  const auto index = call->expect("one", "a");
  call->answer(index, error, {}, "first");
  call->answer(index, handled, {}, "second");
  const auto report = call->wait_until(soon());
  EXPECT_EQ(report.results[0].outcome, error);
  EXPECT_EQ(report.results[0].what, "first");
}

TEST(SyncCall, ReportsWhoDidNotAnswerBeforeTheDeadlineAsTimeout) {
  const auto call = call_from(nullptr);
  sync_claim silent{call, call->expect("silent", "a")};
  sync_claim prompt{call, call->expect("prompt", "a")};
  prompt.answer(handled);
  const auto report = call->wait_until(at_once());
  EXPECT_EQ(report.results[0].outcome, timeout);
  EXPECT_NE(report.results[0].what, "");
  EXPECT_EQ(report.results[1].outcome, handled);
  silent.answer(handled);  // Comes too late, and finds nobody.
}

TEST(SyncCall, WakesItsWaiterWhenTheLastAnswerComes) {
  const auto call = call_from(nullptr);
  std::vector<sync_claim> claims;
  for (int i = 0; i < 8; ++i) claims.emplace_back(call, call->expect("p", "a"));
  std::vector<std::jthread> threads;
  for (auto& claim : claims) threads.emplace_back([&claim] { claim.answer(handled); });
  EXPECT_TRUE(call->wait_until(soon()).all_handled());
}

TEST(SyncClaim, ReportsTerminatedWhenItIsDestroyedUnanswered) {
  const auto call = call_from(nullptr);
  { const sync_claim dropped{call, call->expect("one", "a")}; }
  const auto report = call->wait_until(soon());
  EXPECT_EQ(report.results[0].outcome, terminated);
  EXPECT_NE(report.results[0].what, "");
}

TEST(SyncClaim, TakesItsDutyAlongWhenItMoves) {
  const auto call = call_from(nullptr);
  sync_claim last;
  {
    sync_claim first{call, call->expect("one", "a")};
    sync_claim second{std::move(first)};
    last = std::move(second);
  }
  EXPECT_TRUE(last);
  last.answer(handled);
  EXPECT_FALSE(last);
  EXPECT_EQ(call->wait_until(soon()).results[0].outcome, handled);
}

TEST(SyncClaim, AnswersForWhatItHeldWhenAnotherIsAssigned) {
  const auto call = call_from(nullptr);
  sync_claim one{call, call->expect("one", "a")};
  sync_claim two{call, call->expect("two", "a")};
  one = std::move(two);
  one.answer(handled);
  const auto report = call->wait_until(soon());
  EXPECT_EQ(report.results[0].outcome, terminated);
  EXPECT_EQ(report.results[1].outcome, handled);
}

TEST(SyncClaim, OutlivesItsWaiter) {
  auto call = call_from(nullptr);
  sync_claim late{call, call->expect("one", "a")};
  call->wait_until(at_once());
  call.reset();
  late.answer(handled);
}

TEST(SyncCall, KnowsThePluginThatWaitsForIt) {
  const auto call = call_from(&plugin_a);
  EXPECT_TRUE(call->is_awaited_by(&plugin_a));
  EXPECT_FALSE(call->is_awaited_by(&plugin_b));
  EXPECT_FALSE(call_from(nullptr)->is_awaited_by(&plugin_a)) << "no plugin waits for what the platform emits";
}

TEST(SyncCall, KnowsEveryPluginOfAChainThatWaitsForIt) {
  const auto from_a = call_from(&plugin_a);
  const auto from_b = call_from(&plugin_b, from_a);
  EXPECT_TRUE(from_b->is_awaited_by(&plugin_a)) << "A waits for B, which waits for this";
  EXPECT_TRUE(from_b->is_awaited_by(&plugin_b));
  EXPECT_FALSE(from_b->is_awaited_by(&plugin_c));
}

TEST(SyncCall, IsAwaitedByNobodyOnceItsWaiterHasGivenUp) {
  const auto from_a = call_from(&plugin_a);
  sync_claim slow{from_a, from_a->expect("b", "a")};
  from_a->wait_until(at_once());
  // B still handles the event when A has given up; what B emits now may reach A.
  EXPECT_FALSE(from_a->is_awaited_by(&plugin_a));
  const auto from_b = call_from(&plugin_b, from_a);
  EXPECT_FALSE(from_b->is_awaited_by(&plugin_a));
  EXPECT_TRUE(from_b->is_awaited_by(&plugin_b));
}

TEST(SyncCall, IsAwaitedByNobodyBeyondALinkThatHasGivenUp) {
  const auto from_a = call_from(&plugin_a);
  const auto from_b = call_from(&plugin_b, from_a);
  sync_claim slow{from_b, from_b->expect("c", "a")};
  from_b->wait_until(at_once());
  const auto from_c = call_from(&plugin_c, from_b);
  EXPECT_FALSE(from_c->is_awaited_by(&plugin_a)) << "A waits for B, but B no longer for C";
}

}  // namespace
}  // namespace streamspace
