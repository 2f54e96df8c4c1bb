// Secrets of configurations: what the database has of them, and what plugins get.
#include <gmock/gmock.h>

#include "database_runtime_test.hpp"

namespace streamspace {
namespace {

using testing::code_of;
using ::testing::ElementsAre;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::scripted;
using testing::state_of;

class SealedConfig : public testing::database_runtime_test {
 protected:
  /// Notes its load with the configuration's secret.
  plugin_factory keeper() {
    auto factory = scripted("p", {.on_load = [book = book_](plugin_context& ctx) {
                              book->write(ctx.config().get<std::string>("/token", "none"));
                            }});
    factory.manifest.config_schema = {{"properties", {{"token", {{"format", "password"}}}}}};
    return factory;
  }
  runtime_options with_key(char of) {
    auto settings = with_database();
    settings.secrets_key = std::string(32, of);
    return settings;
  }
  std::string recorded() {
    return query("SELECT config FROM installed_plugins WHERE name = 'p'")[0].get<std::string>(0);
  }
};

TEST_F(SealedConfig, StandsNowhereInTheClearAndReachesThePlugin) {
  {
    const auto rt = started_on_database({keeper()}, with_key('k'));
    rt->configure("p", {{"token", "geheim"}, {"lang", "de"}});
    EXPECT_THAT(recorded(), Not(HasSubstr("geheim")));
    EXPECT_THAT(recorded(), HasSubstr("\"de\""));
    rt->configure("p", {{"token", "***"}, {"lang", "fr"}});
    rt->reload("p");
  }
  const auto rt = started_on_database({keeper()}, with_key('k'));
  EXPECT_THAT(recorded(), Not(HasSubstr("geheim")));
  EXPECT_THAT(book_->lines(), ElementsAre("none", "geheim", "geheim", "geheim", "geheim"));
  for (const auto& line : logs().records()) EXPECT_THAT(line.message + line.data.dump(), Not(HasSubstr("geheim")));
}

TEST_F(SealedConfig, SealsWhatStoodInTheClear) {
  query("INSERT INTO installed_plugins (name, version, config) VALUES ('p', '1', '{\"token\": \"geheim\"}')");
  const auto rt = started_on_database({keeper()}, with_key('k'));
  EXPECT_TRUE(eventually([&] { return recorded().find("geheim") == std::string::npos; }));
  EXPECT_THAT(book_->lines(), ElementsAre("geheim"));
}

TEST_F(SealedConfig, IsAClearErrorWithAnotherKeyAndCanBeSentAgain) {
  { started_on_database({keeper()}, with_key('k'))->configure("p", {{"token", "geheim"}}); }
  const auto rt = started_on_database({keeper()}, with_key('x'));
  EXPECT_EQ(state_of(*rt, "p"), std::nullopt);
  EXPECT_TRUE(logs().has(log_level::error, "sealed with another key"));
  EXPECT_EQ(code_of([&] { rt->load("p"); }), ec::conflict);
  rt->configure("p", {{"token", "neu"}});
  EXPECT_EQ(rt->load("p").config.at("token"), "neu");
  EXPECT_THAT(recorded(), Not(HasSubstr("neu")));
}

TEST_F(SealedConfig, WithoutAKeyIsKeptInTheClearAndSaid) {
  const auto rt = started_on_database({keeper()});
  EXPECT_FALSE(logs().has(log_level::warn, "kept in the clear"));
  rt->configure("p", {{"token", "geheim"}});
  EXPECT_TRUE(logs().has(log_level::warn, "kept in the clear"));
  EXPECT_THAT(recorded(), HasSubstr("geheim"));
}

TEST_F(SealedConfig, TakesNoSealFromOutside) {
  const auto rt = started_on_database({keeper()}, with_key('k'));
  rt->configure("p", {{"token", "geheim"}});
  const auto seal = query("SELECT config->'token'->>'$sealed' FROM installed_plugins")[0].get<std::string>(0);
  EXPECT_EQ(code_of([&] { rt->configure("p", {{"lang", {{"$sealed", seal}}}}); }), ec::invalid_argument);
}

}  // namespace
}  // namespace streamspace
