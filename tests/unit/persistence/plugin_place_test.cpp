#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <streamspace/persistence/plugin_roles.hpp>

namespace streamspace {
namespace {

TEST(PluginPlace, NamesTheSchemaAfterThePluginAndTheRoleAfterBoth) {
  const auto place = place_of_plugin("streamspace-billing", "shop");
  EXPECT_EQ(place.schema, "plugin_streamspace_billing");
  EXPECT_EQ(place.role, "plugin_streamspace_billing@shop");
}

// What PostgreSQL cut off without a word could be another plugin's name.
TEST(PluginPlace, KeepsLongNamesApartWithinWhatPostgresKeeps) {
  const std::string longest(63, 'a');
  for (const auto& [one, other] : {std::pair{longest + "b", longest + "c"}, std::pair{longest, longest + "b"}}) {
    const auto a = place_of_plugin(one, "shop");
    const auto b = place_of_plugin(other, "shop");
    EXPECT_NE(a.schema, b.schema);
    EXPECT_NE(a.role, b.role);
    for (const auto& name : {a.schema, a.role, b.schema, b.role}) EXPECT_LE(name.size(), 63U) << name;
  }
  const auto database = std::string(63, 'd');
  EXPECT_NE(place_of_plugin("p", database).role, place_of_plugin("q", database).role);
  EXPECT_NE(place_of_plugin("p", database).role, place_of_plugin("p", std::string(62, 'd') + 'e').role);
  EXPECT_EQ(place_of_plugin(longest, "shop").role, place_of_plugin(longest, "shop").role);
}

TEST(PluginPlace, TellsDatabasesAndPluginsApartThatRunTogether) {
  EXPECT_NE(place_of_plugin("a", "b").role, place_of_plugin("a-b", "").role);
  EXPECT_NE(place_of_plugin("a", "plugin_b").role, place_of_plugin("b", "plugin_a").role);
}

}  // namespace
}  // namespace streamspace
