// Nothing stays of a plugin that is gone, however often it comes and goes.
#include <fstream>
#include <future>

#include <gmock/gmock.h>
#include <support/heap.hpp>
#include <support/sanitizers.hpp>

#include "runtime_test.hpp"

namespace streamspace::testing {
namespace {

using ::testing::IsEmpty;

/// Threads of this process.
int threads() {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;)
    if (word == "Threads:" && status >> word) return std::stoi(word);
  return 0;
}

class ReloadLeaks : public runtime_test {
 protected:
  /// Registers something of every kind.
  static plugin_factory registering() {
    return scripted("p", {.on_load =
                              [](plugin_context& ctx) {
                                for (const auto* pattern : {"a.asked", "a.*", ">"})
                                  ctx.events().on(pattern, [](const event&) {});
                                ctx.api().get("/x/:id", [](const request&) { return response{200}; });
                                ctx.ui().page({.id = "home", .title = "Home", .path = "/", .component = "c"});
                                ctx.storage().set("kept", {{"for", "the next one"}});
                              },
                          .on_enable =
                              [](plugin_context& ctx) {
                                ctx.events().on("a.asked", [](const event&) {}).once();
                                ctx.ui().widget({.id = "w", .title = "W", .component = "w"});
                              }});
  }

  /// Loads and unloads it; in every eighth round events and a synchronous emit are under way to it.
  void round(runtime& rt, int number) {
    rt.load({.name = "p"});
    std::future<sync_report> asked;
    if (number % 8 == 0) {
      for (int i = 0; i < 20; ++i) rt.emit("a.told");
      asked = std::async(std::launch::async, [&] { return rt.emit_sync("a.asked", json::object(), soon); });
    }
    rt.unload("p");
    if (!asked.valid()) return;
    for (const auto& result : asked.get().results) unanswered_ += result.outcome == delivery_outcome::timeout ? 1 : 0;
  }

  int unanswered_ = 0;
};

TEST_F(ReloadLeaks, NothingStaysOfThousandsOfLoads) {
  constexpr int warm_up = 500;
  constexpr int rounds = sanitized ? 1'000 : 10'000;
  constexpr std::size_t tolerance = 300'000;  // Bytes, far less than a hundred for a round.
  auto settings = options();
  settings.log = [](const log_record&) {};
  settings.dead_letters.items = 100;
  const auto rt = started({registering()}, settings);
  for (int i = 0; i < warm_up; ++i) round(*rt, i);
  const auto threads_before = threads();
  const auto heap_before = heap_in_use();
  for (int i = 0; i < rounds; ++i) round(*rt, i);
  EXPECT_EQ(unanswered_, 0);
  EXPECT_EQ(rt->emit("a.told").matched, 0U);
  EXPECT_THAT(*rt->routes().current(), IsEmpty());
  for (const auto& list : rt->ui_components({"root", "admin", {}})) EXPECT_THAT(list, IsEmpty());
  EXPECT_THAT(rt->plugins(), IsEmpty());
  EXPECT_TRUE(eventually([&] { return threads() <= threads_before + 2; })) << threads() << " after " << threads_before;
  if (heap_is_seen()) {
    EXPECT_TRUE(eventually([&] { return heap_in_use() <= heap_before + tolerance; }))
        << heap_in_use() - heap_before << " bytes more than after the warm-up";
  }
}

}  // namespace
}  // namespace streamspace::testing
