#include <gmock/gmock.h>
#include <support/plugin_test_bed.hpp>

#include <streamspace/plugins/sdk/global_plugin_registry.hpp>

namespace streamspace::testing {
namespace {

using ::testing::HasSubstr;

/// Takes every statement and answers nothing.
class obedient_database final : public sql_executor {
 public:
  sql_result execute(const sql_statement&, sql_deadline) override { return {}; }
  std::unique_ptr<sql_transaction> begin(sql_deadline) override { return std::make_unique<all_well>(); }
  void run_script(const std::string&, sql_deadline) override {}

 private:
  struct all_well final : sql_transaction {
    sql_result execute(const sql_statement&) override { return {}; }
    void run_script(const std::string&) override {}
    void roll_back_to(const std::string&) override {}
    void commit() override {}
  };
};

plugin_factory builtin(const std::string& name) {
  return global_plugin_registry::instance().find(name).value();
}

class BuiltinPlugin : public ::testing::TestWithParam<const char*> {
 protected:
  plugin_test_bed make_bed(const json& config = json::object(),
                           std::shared_ptr<sql_executor> database = std::make_shared<obedient_database>()) {
    return plugin_test_bed{builtin(GetParam()), {.config = config, .database = std::move(database)}};
  }
};

TEST_P(BuiltinPlugin, SaysWhatItIs) {
  const auto m = builtin(GetParam()).manifest;
  EXPECT_EQ(m.name, GetParam());
  EXPECT_EQ(m.author, "StreamSpace");
  EXPECT_FALSE(m.display_name.empty());
  EXPECT_FALSE(m.description.empty());
  EXPECT_FALSE(m.tags.empty());
  EXPECT_TRUE(m.category);
  EXPECT_EQ(json(m).get<plugin_manifest>(), m);
}

TEST_P(BuiltinPlugin, HasADefaultForEveryPropertyOfItsSchema) {
  const auto m = builtin(GetParam()).manifest;
  EXPECT_EQ(m.config_schema["additionalProperties"], false);
  for (const auto& [name, property] : m.config_schema["properties"].items())
    EXPECT_EQ(m.default_config[name], property["default"]) << name;
  EXPECT_EQ(m.default_config.size(), m.config_schema["properties"].size());
}

TEST_P(BuiltinPlugin, DeclaresEveryPermissionThatItDemands) {
  auto bed = make_bed();
  const auto outcome = bed.load();
  ASSERT_TRUE(outcome.ok()) << outcome.what;
  const auto declared = builtin(GetParam()).manifest.permissions;
  ASSERT_FALSE(bed.routes().empty());
  for (const auto& route : bed.routes()) {
    EXPECT_FALSE(route->permissions.empty()) << route->path;
    EXPECT_FALSE(route->description.empty()) << route->path;
    EXPECT_THAT(declared, ::testing::IsSupersetOf(route->permissions)) << route->path;
  }
  for (const auto& component : bed.components())
    EXPECT_THAT(declared, ::testing::IsSupersetOf(component.permissions)) << component.id;
}

TEST_P(BuiltinPlugin, DoesNotLoadWithoutADatabase) {
  auto bed = make_bed(json::object(), std::make_shared<no_database>());
  const auto outcome = bed.load();
  EXPECT_EQ(outcome.outcome, delivery_outcome::error);
  EXPECT_THAT(bed.subscriptions(), ::testing::IsEmpty());
  EXPECT_THAT(bed.routes(), ::testing::IsEmpty());
}

TEST_P(BuiltinPlugin, RefusesARetentionThatIsNone) {
  for (const json& days : {json(-1), json(36'501), json("week"), json(1.5), json(true)}) {
    auto bed = make_bed({{"retentionDays", days}});
    const auto outcome = bed.load();
    EXPECT_EQ(outcome.outcome, delivery_outcome::error) << days;
    EXPECT_THAT(outcome.what, HasSubstr("/retentionDays")) << days;
    EXPECT_THAT(bed.routes(), ::testing::IsEmpty());
  }
}

TEST_P(BuiltinPlugin, MayBeDisabledAndEnabledAgain) {
  auto bed = make_bed();
  ASSERT_TRUE(bed.load().ok());
  const auto routes = bed.routes().size();
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(bed.disable().ok());
    EXPECT_TRUE(bed.enable().ok());
    EXPECT_EQ(bed.routes().size(), routes);
  }
}

INSTANTIATE_TEST_SUITE_P(All, BuiltinPlugin, ::testing::Values("analytics", "audit", "webhook"),
                         [](const auto& chosen) { return std::string{chosen.param}; });

TEST(AnalyticsPluginConfig, RefusesAWindowOutOfRange) {
  for (const json& hours : {json(0), json(8'785), json("day")}) {
    plugin_test_bed bed{builtin("analytics"), {.config = {{"windowHours", hours}}}};
    EXPECT_THAT(bed.load().what, HasSubstr("/windowHours")) << hours;
  }
}

TEST(WebhookPluginConfig, RefusesAnEndpointThatIsWrongBeforeAnythingIsDone) {
  plugin_test_bed bed{builtin("webhook"), {.config = {{"endpoints", {{{"url", "ftp://x/"}, {"events", {"a"}}}}}}}};
  const auto outcome = bed.load();
  EXPECT_EQ(outcome.outcome, delivery_outcome::error);
  EXPECT_THAT(outcome.what, HasSubstr("/endpoints/0/url"));
}

}  // namespace
}  // namespace streamspace::testing
