#include <gmock/gmock.h>

#include "cell_bed.hpp"
#include <streamspace/plugins/sdk/plugin_crash.hpp>

namespace streamspace {
namespace {

using testing::cell_bed;
using ::testing::ElementsAre;

/// Writes what it handles; "a.crash" crashes it once.
class PluginCellRestart : public ::testing::Test {
 protected:
  void set_up(plugin_context& ctx) {
    ctx.events().on("a.*", [this](const event& e) {
      if (e.type() == "a.crash" && !std::exchange(crashed, true)) throw plugin_crash{"once"};
      handled_events.push_back(e.type());
    });
  }
  void push_restart() {
    bed.push_restart([this](plugin_context& ctx) { set_up(ctx); });
  }

  bool crashed = false;
  std::vector<std::string> handled_events;
  cell_bed bed{"p", [this](plugin_context& ctx) { set_up(ctx); }};
};

TEST_F(PluginCellRestart, GoesOnWithTheEventThatCrashedAndThenWithWhatCameAfterIt) {
  for (const auto* type : {"a.1", "a.crash", "a.2"}) bed.push(type);
  bed.run();
  bed.push("a.3");
  bed.run();
  EXPECT_THAT(handled_events, ElementsAre("a.1"));
  push_restart();
  bed.run();
  EXPECT_THAT(handled_events, ElementsAre("a.1", "a.crash", "a.2", "a.3"));
}

TEST_F(PluginCellRestart, KeepsTheOrderThoughTheRestartIsThereBeforeTheTurnHasEnded) {
  bed.cell->on_trouble([this](const plugin_trouble&) { push_restart(); });
  for (const auto* type : {"a.1", "a.crash", "a.2", "a.3"}) bed.push(type);
  bed.run();
  EXPECT_THAT(handled_events, ElementsAre("a.1", "a.crash", "a.2", "a.3"));
}

}  // namespace
}  // namespace streamspace
