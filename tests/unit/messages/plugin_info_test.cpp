#include <set>

#include <gmock/gmock.h>

#include <streamspace/messages/delivery.hpp>
#include <streamspace/messages/plugin_info.hpp>

namespace streamspace {
namespace {

TEST(PluginState, HasADifferentNameForEach) {
  std::set<std::string_view> names;
  for (int s = 0; s <= static_cast<int>(plugin_state::unloaded); ++s)
    names.insert(to_string(static_cast<plugin_state>(s)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(plugin_state::unloaded) + 1);
}

TEST(LoadedPlugin, IsShownWithoutItsConfiguration) {
  loaded_plugin p;
  p.name = "slack";
  p.version = "1.0.0";
  p.state = plugin_state::failed;
  p.config = {{"token", "hunter2"}};
  p.last_error = "no licence";
  p.counters.delivered = 3;
  const auto shown = json(p);
  EXPECT_EQ(shown["state"], "failed");
  EXPECT_EQ(shown["enabled"], false);
  EXPECT_EQ(shown["lastError"], "no licence");
  EXPECT_EQ(shown["counters"]["delivered"], 3);
  EXPECT_FALSE(shown.contains("loadedAt"));
  EXPECT_EQ(shown.dump().find("hunter2"), std::string::npos);
}

TEST(SyncReport, TellsFailuresFromTheRest) {
  sync_report report{{{"a", "x", delivery_outcome::handled},
                      {"b", "x", delivery_outcome::timeout},
                      {"c", "x", delivery_outcome::refused}}};
  EXPECT_FALSE(report.all_handled());
  ASSERT_EQ(report.failures().size(), 2U);
  EXPECT_EQ(report.failures()[0].plugin, "b");
  report.results.resize(1);
  EXPECT_TRUE(report.all_handled());
  EXPECT_TRUE(sync_report{}.all_handled());
}

TEST(DeliveryOutcome, HasADifferentNameForEach) {
  std::set<std::string_view> names;
  for (int o = 0; o <= static_cast<int>(delivery_outcome::would_deadlock); ++o)
    names.insert(to_string(static_cast<delivery_outcome>(o)));
  EXPECT_EQ(names.size(), 7U);
}

}  // namespace
}  // namespace streamspace
