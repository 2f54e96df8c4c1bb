// A plugin that fails at every event costs nobody else anything.
#include <atomic>

#include <gmock/gmock.h>
#include <support/sanitizers.hpp>

#include "runtime_test.hpp"

namespace streamspace::testing {
namespace {

constexpr std::uint64_t storm = sanitized ? 20'000 : 100'000;

class EventStorm : public runtime_test {
 protected:
  /// Lines about failing handlers.
  std::size_t failure_lines() const {
    std::size_t lines = 0;
    for (const auto& record : logs().records()) lines += record.message == "a handler failed" ? 1 : 0;
    return lines;
  }
};

TEST_F(EventStorm, OfThrowingHandlersIsCountedAndLeavesTheOthersAlone) {
  auto settings = options();
  settings.inbox.events = storm;
  settings.inbox.event_bytes = std::size_t{1} << 30U;
  settings.supervision.quarantine_after = 0;
  auto heard = std::make_shared<std::atomic<std::uint64_t>>(0);
  const auto begun = std::chrono::steady_clock::now();
  const auto rt = running(
      {scripted("throws", {.on_load =
                               [](plugin_context& ctx) {
                                 ctx.events().on("a.exception",
                                                 [](const event&) { throw std::runtime_error{"broken"}; });
                                 ctx.events().on("a.error", [](const event&) { throw error{ec::conflict, "not so"}; });
                                 ctx.events().on("a.number", [](const event&) { throw 42; });
                               }}),
       scripted(
           "hears",
           {.on_load = [heard](plugin_context& ctx) { ctx.events().on("a.*", [heard](const event&) { ++*heard; }); }})},
      settings);
  const std::array types{"a.exception", "a.error", "a.number"};
  for (std::uint64_t i = 0; i < storm; ++i) ASSERT_EQ(rt->emit(types[i % types.size()]).enqueued, 2U);
  ASSERT_TRUE(eventually([&] { return *heard == storm && rt->plugin("throws")->counters.queued == 0; }));
  ASSERT_TRUE(eventually([&] { return rt->plugin("throws")->counters.failed == storm; }));
  EXPECT_EQ(*heard, storm);
  EXPECT_EQ(rt->plugin("throws")->counters.delivered, 0U);
  EXPECT_TRUE(rt->plugin("throws")->enabled());
  EXPECT_EQ(rt->plugin("hears")->counters.failed, 0U);
  EXPECT_EQ(rt->plugin("hears")->counters.dropped, 0U);
  EXPECT_EQ(rt->list_dead_letters({.plugin = "throws", .cause = dead_letter_cause::failed}).size(), 500U)
      << "the last ones, as many as a list has";
  EXPECT_EQ(rt->list_dead_letters().size(), rt->list_dead_letters({.plugin = "throws"}).size());
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - begun).count();
  EXPECT_GE(failure_lines(), 1U);
  EXPECT_LE(failure_lines(), static_cast<std::size_t>(seconds) + 1) << "one a second";
}

}  // namespace
}  // namespace streamspace::testing
