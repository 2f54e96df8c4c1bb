#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/messages/table_name.hpp>

namespace streamspace {
namespace {

// The original put hyphens of plugin names into table names, which SQL then read as a minus.
TEST(PluginTableName, IsAQuotedIdentifier) {
  EXPECT_EQ(plugin_table_name("audit", "events"), R"("plugin_audit_events")");
  EXPECT_EQ(plugin_table_name("streamspace-audit-advanced", "log_2"), R"("plugin_streamspace_audit_advanced_log_2")");
}

TEST(PluginTableName, FitsIntoWhatPostgresqlKeeps) {
  EXPECT_EQ(plugin_table_name("p", std::string(54, 't')).size(), 65U) << "63 and two quotes";
  EXPECT_EQ(testing::failure_of([] { plugin_table_name("p", std::string(55, 't')); })->code(), ec::invalid_argument);
}

TEST(PluginTableName, RefusesWhatIsNoIdentifier) {
  for (const auto* table : {"", "Events", "1st", "a-b", "a b", "a\"; DROP TABLE users; --", "a.b", "\xC3\xA9"})
    EXPECT_EQ(testing::failure_of([&] { plugin_table_name("audit", table); })->code(), ec::invalid_argument) << table;
}

}  // namespace
}  // namespace streamspace
