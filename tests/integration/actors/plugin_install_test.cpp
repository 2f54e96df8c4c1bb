// Installing, configuring and uninstalling, by a runtime with a database, of plugins whose schema says what may be set.
#include <gmock/gmock.h>

#include "database_runtime_test.hpp"

namespace streamspace {
namespace {

using ::testing::AllOf;
using testing::code_of;
using ::testing::ElementsAre;
using testing::failure_of;
using ::testing::HasSubstr;
using testing::scripted;
using testing::state_of;

class PluginInstall : public testing::database_runtime_test {
 protected:
  plugin_factory configured() {
    auto made = scripted("p", {.on_load = [this](plugin_context& ctx) {
                           book_->write(ctx.config().raw().dump());
                           if (ctx.config().get<int>("/threshold", 0) == 13) throw std::runtime_error{"not today"};
                         }});
    made.manifest.config_schema = json::parse(R"({
      "type": "object",
      "required": ["threshold"],
      "properties": {
        "threshold": {"type": "integer", "minimum": 1},
        "lang": {"type": "string", "default": "en"},
        "live": {"type": "integer", "reloadOnChange": false},
        "token": {"type": "string", "format": "password"}
      }})");
    made.manifest.default_config = {{"threshold", 5}};
    return made;
  }
  json recorded_config() { return query("SELECT config FROM installed_plugins WHERE name = 'p'")[0].get<json>(0); }
};

TEST_F(PluginInstall, FillsInWhatIsLeftOut) {
  const auto rt = started_on_database({configured()});
  EXPECT_EQ(rt->plugin("p")->config, (json{{"threshold", 5}, {"lang", "en"}}));
  EXPECT_EQ(rt->configure("p", {{"threshold", 7}}).config, (json{{"threshold", 7}, {"lang", "en"}}));
  EXPECT_EQ(recorded_config(), (json{{"threshold", 7}})) << "what was set is recorded, not what follows from it";
}

TEST_F(PluginInstall, RefusesAConfigurationThatDoesNotFitAndSaysAllThatIsWrong) {
  const auto rt = started_on_database({configured()});
  book_->clear();
  const auto refused = failure_of([&] { rt->configure("p", {{"threshold", 0}, {"lang", 3}}); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), ec::invalid_argument);
  EXPECT_THAT(refused->message(), AllOf(HasSubstr("/threshold"), HasSubstr("/lang")));
  EXPECT_THAT(book_->lines(), ::testing::IsEmpty()) << "the plugin has not seen it";
  EXPECT_EQ(recorded_config(), json::object());
  EXPECT_EQ(state_of(*rt, "p"), plugin_state::enabled);
}

TEST_F(PluginInstall, ChangesWhatMayChangeWithoutAReload) {
  const auto rt = started_on_database({configured()});
  book_->clear();
  EXPECT_EQ(rt->configure("p", {{"live", 3}}).config["live"], 3);
  EXPECT_THAT(book_->lines(), ::testing::IsEmpty());
  rt->configure("p", {{"live", 3}, {"lang", "es"}});
  EXPECT_EQ(book_->lines().size(), 1U) << "a reload";
}

TEST_F(PluginInstall, GoesOnWithTheOldConfigurationWhenTheNewOneCannotBeLoaded) {
  const auto rt = started_on_database({configured()});
  const auto refused = failure_of([&] { rt->configure("p", {{"threshold", 13}}); });
  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->message(), HasSubstr("keeps the configuration it had"));
  EXPECT_EQ(rt->plugin("p")->config["threshold"], 5);
  EXPECT_EQ(recorded_config(), json::object());
}

TEST_F(PluginInstall, InstallsAgainWithAConfigurationOrTheOneItHad) {
  const auto rt = started_on_database({configured()});
  EXPECT_EQ(rt->install("p", json{{"threshold", 8}, {"token", "secret"}}).config["threshold"], 8);
  EXPECT_EQ(rt->install("p").config["token"], "secret") << "it keeps what it had";
  EXPECT_EQ(code_of([&] { rt->install("p", json{{"threshold", -1}}); }), ec::invalid_argument);
  EXPECT_EQ(code_of([&] { rt->install("p", json{{"threshold", 13}}); }), ec::plugin_failed);
  EXPECT_EQ(recorded_config()["threshold"], 8) << "what was recorded before stands";
  EXPECT_EQ(code_of([&] { rt->install("absent"); }), ec::not_found);
}

TEST_F(PluginInstall, UninstallsAndInstallsAnew) {
  const auto rt = started_on_database({configured()});
  rt->uninstall("p", plugin_data::keep);
  EXPECT_EQ(state_of(*rt, "p"), std::nullopt);
  EXPECT_EQ(code_of([&] { rt->uninstall("p", plugin_data::keep); }), ec::not_found);
  const auto again = rt->install("p", std::nullopt, false);
  EXPECT_EQ(again.state, plugin_state::installed);
  EXPECT_EQ(state_of(*rt, "p"), std::nullopt);
  EXPECT_EQ(rt->enable("p").state, plugin_state::enabled);
}

}  // namespace
}  // namespace streamspace
