// The configurations that a plugin had, and going back to one, by a runtime with a database.
#include <gmock/gmock.h>

#include "database_runtime_test.hpp"

namespace streamspace {
namespace {

using testing::code_of;
using ::testing::ElementsAre;
using testing::eventually;
using testing::failure_of;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::scripted;
using testing::state_of;
using kind = config_origin::kind;

class ConfigHistory : public testing::database_runtime_test {
 protected:
  /// Does not load with {"n": 13}; {"live": ...} changes without a reload.
  plugin_factory plugin(const std::string& name = "p") {
    auto made = scripted(name, {.on_load = [](plugin_context& ctx) {
                           if (ctx.config().get<int>("/n", 0) == 13) throw error{ec::invalid_argument, "not today"};
                         }});
    made.manifest.config_schema = json::parse(R"({
      "type": "object",
      "properties": {
        "n": {"type": "integer"},
        "live": {"type": "integer", "reloadOnChange": false},
        "lang": {"type": "string", "default": "en"},
        "token": {"type": "string", "format": "password"}
      }})");
    return made;
  }
  runtime_options with_key(char of = 'k') {
    auto settings = with_database();
    settings.secrets_key = std::string(32, of);
    return settings;
  }
  /// All that the tables have of configurations, as text.
  std::string recorded() {
    std::string all;
    for (const auto row : query("SELECT config FROM installed_plugins UNION ALL "
                                "SELECT config FROM plugin_config_history"))
      all += row.get<std::string>(0) + "\n";
    return all;
  }
  /// "2 configured by ann" for each, newest first; a star for the one in force.
  static std::vector<std::string> lines(const runtime& rt, const std::string& name = "p") {
    std::vector<std::string> all;
    for (const auto& r : rt.config_history(name)) {
      auto line = std::to_string(r.revision) + (r.current ? "* " : " ") + std::string{to_string(r.origin.what)};
      if (r.origin.reverted_to) line += " to " + std::to_string(*r.origin.reverted_to);
      if (!r.origin.by.empty()) line += " by " + r.origin.by;
      all.push_back(line);
    }
    return all;
  }
};

TEST_F(ConfigHistory, HasWhatWasInstalledConfiguredAndRevertedAndByWhom) {
  const auto rt = started_on_database({plugin()});
  rt->uninstall("p", plugin_data::keep);
  const auto begun = now();
  rt->install("p", json{{"n", 1}}, true, "ann");
  rt->configure("p", {{"n", 2}}, "bob");
  rt->configure("p", {{"n", 3}, {"live", 1}});
  EXPECT_EQ(rt->revert_config("p", 1, "cid").config, (json{{"n", 1}, {"lang", "en"}}));
  EXPECT_THAT(lines(*rt),
              ElementsAre("4* reverted to 1 by cid", "3 configured", "2 configured by bob", "1 installed by ann"));
  const auto all = rt->config_history("p");
  EXPECT_EQ(all[0].config, (json{{"n", 1}})) << "as it was set, without defaults";
  EXPECT_EQ(all[1].config, (json{{"n", 3}, {"live", 1}}));
  EXPECT_EQ(all[3].config, all[0].config);
  EXPECT_GE(all[0].at, all[1].at);
  EXPECT_GT(all[0].at, begun - std::chrono::hours{1});
  EXPECT_EQ(rt->plugin("p")->config["n"], 1);
  EXPECT_EQ(state_of(*rt, "p"), plugin_state::enabled);
  const auto by = query("SELECT installed_by FROM installed_plugins")[0].get<std::string>(0);
  EXPECT_EQ(by, "ann");
}

TEST_F(ConfigHistory, GainsNothingFromAConfigurationThatIsEqual) {
  const auto rt = started_on_database({plugin()}, with_key());
  rt->configure("p", {{"n", 1}, {"token", "geheim"}}, "ann");
  rt->configure("p", {{"token", "geheim"}, {"n", 1}}, "bob");
  rt->configure("p", {{"n", 1}, {"token", "***"}}, "bob");
  rt->install("p", std::nullopt, true, "bob");
  rt->revert_config("p", 2, "bob");
  EXPECT_THAT(lines(*rt), ElementsAre("2* configured by ann", "1 installed"));
}

TEST_F(ConfigHistory, OutlivesARestart) {
  { started_on_database({plugin()})->configure("p", {{"n", 1}}, "ann"); }
  const auto rt = started_on_database({plugin()});
  EXPECT_THAT(lines(*rt), ElementsAre("2* configured by ann", "1 installed"));
}

TEST_F(ConfigHistory, KeepsSecretsSealedAndToItselfAndGoesBackToThem) {
  const auto rt = started_on_database({plugin()}, with_key());
  rt->configure("p", {{"token", "geheim"}});
  rt->configure("p", {{"token", "anders"}});
  rt->configure("p", json::object());
  EXPECT_THAT(recorded(), Not(HasSubstr("geheim")));
  EXPECT_THAT(recorded(), Not(HasSubstr("anders")));
  for (const auto& r : rt->config_history("p"))
    EXPECT_EQ(r.config, r.revision == 2 || r.revision == 3 ? (json{{"token", "***"}}) : json::object()) << r.revision;
  EXPECT_EQ(rt->revert_config("p", 2).config["token"], "geheim");
  EXPECT_THAT(recorded(), Not(HasSubstr("geheim")));
  EXPECT_EQ(rt->config_history("p")[0].config, (json{{"token", "***"}}));
  for (const auto& line : logs().records()) EXPECT_THAT(line.message + line.data.dump(), Not(HasSubstr("geheim")));
}

TEST_F(ConfigHistory, HidesSecretsThatAreInTheClear) {
  const auto rt = started_on_database({plugin()});
  rt->configure("p", {{"token", "geheim"}});
  rt->configure("p", json::object());
  EXPECT_EQ(rt->config_history("p")[1].config, (json{{"token", "***"}}));
  EXPECT_EQ(rt->revert_config("p", 2).config["token"], "geheim");
}

TEST_F(ConfigHistory, IsSealedWhenThereIsAKey) {
  {
    const auto rt = started_on_database({plugin()});
    for (const auto* token : {"geheim", "anders"}) rt->configure("p", {{"token", token}});
    EXPECT_THAT(recorded(), HasSubstr("geheim"));
  }
  const auto rt = started_on_database({plugin()}, with_key());
  EXPECT_TRUE(eventually([&] {
    const auto all = recorded();
    return all.find("geheim") == std::string::npos && all.find("anders") == std::string::npos;
  }));
  EXPECT_THAT(lines(*rt), ElementsAre("3* configured", "2 configured", "1 installed"));
  EXPECT_EQ(rt->revert_config("p", 2).config["token"], "geheim");
}

TEST_F(ConfigHistory, HidesWhatOnceWasASecretToo) {
  { started_on_database({plugin()}, with_key())->configure("p", {{"token", "geheim"}}); }
  auto later = plugin();
  later.manifest.config_schema = json::object();
  const auto rt = started_on_database({later}, with_key());
  EXPECT_EQ(rt->config_history("p")[0].config, (json{{"token", "***"}}));
}

TEST_F(ConfigHistory, IsACleanErrorWhereSecretsWereSealedWithAnotherKey) {
  {
    const auto rt = started_on_database({plugin()}, with_key('k'));
    rt->configure("p", {{"token", "geheim"}});
    rt->configure("p", {{"n", 2}});
  }
  const auto rt = started_on_database({plugin()}, with_key('x'));
  EXPECT_EQ(code_of([&] { rt->revert_config("p", 2); }), ec::conflict);
  EXPECT_EQ(rt->config_history("p")[1].config, (json{{"token", "***"}}));
  EXPECT_THAT(lines(*rt), ElementsAre("3* configured", "2 configured", "1 installed"));
  EXPECT_EQ(rt->configure("p", {{"n", 3}}).config["n"], 3) << "nothing is left under way";
}

TEST_F(ConfigHistory, IsAsItWasWhenThePluginCannotBeLoadedWithANewConfiguration) {
  const auto rt = started_on_database({plugin()});
  rt->configure("p", {{"n", 1}}, "ann");
  EXPECT_EQ(code_of([&] { rt->configure("p", {{"n", 13}}, "bob"); }), ec::plugin_failed);
  EXPECT_THAT(lines(*rt), ElementsAre("2* configured by ann", "1 installed"));
  EXPECT_EQ(code_of([&] { rt->configure("p", {{"lang", 3}}, "bob"); }), ec::invalid_argument);
  EXPECT_THAT(lines(*rt), ElementsAre("2* configured by ann", "1 installed"));
  EXPECT_EQ(code_of([&] { rt->install("p", json{{"n", 13}}, true, "bob"); }), ec::plugin_failed);
  EXPECT_THAT(lines(*rt), ElementsAre("2* configured by ann", "1 installed"));
  rt->configure("p", {{"n", 3}}, "cid");
  EXPECT_THAT(lines(*rt), ElementsAre("3* configured by cid", "2 configured by ann", "1 installed"));
}

TEST_F(ConfigHistory, HasWhatAPluginThatHadFailedIsToBeLoadedWithNext) {
  { started_on_database({plugin()}); }
  query("UPDATE installed_plugins SET config = '{\"n\": 13}'");
  const auto rt = started_on_database({plugin()});
  ASSERT_EQ(state_of(*rt, "p"), plugin_state::failed);
  EXPECT_EQ(code_of([&] { rt->configure("p", {{"n", 13}, {"lang", "de"}}); }), ec::plugin_failed);
  EXPECT_THAT(lines(*rt), ElementsAre("2* configured", "1 installed")) << "it stays recorded, as there is no other";
  EXPECT_TRUE(rt->revert_config("p", 1).enabled());
  EXPECT_THAT(lines(*rt), ElementsAre("3* reverted to 1", "2 configured", "1 installed"));
}

TEST_F(ConfigHistory, GoesBackWhileThePluginServesWhereNoReloadIsNeeded) {
  const auto rt = started_on_database({plugin()});
  rt->configure("p", {{"live", 1}});
  rt->configure("p", {{"live", 2}});
  const auto loaded_at = rt->plugin("p")->loaded_at;
  EXPECT_EQ(rt->revert_config("p", 2).config["live"], 1);
  EXPECT_EQ(rt->plugin("p")->loaded_at, loaded_at);
  EXPECT_THAT(lines(*rt), ElementsAre("4* reverted to 2", "3 configured", "2 configured", "1 installed"));
}

TEST_F(ConfigHistory, DoesNotGoBackToWhatDoesNotFitAnyMore) {
  {
    const auto rt = started_on_database({plugin()});
    rt->configure("p", {{"lang", "de"}});
    rt->configure("p", {{"lang", "en"}});
  }
  auto later = plugin();
  later.manifest.config_schema["properties"]["lang"]["enum"] = {"en", "fr"};
  const auto rt = started_on_database({later});
  const auto refused = failure_of([&] { rt->revert_config("p", 2, "ann"); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), ec::invalid_argument);
  EXPECT_THAT(refused->message(), HasSubstr("/lang"));
  EXPECT_THAT(lines(*rt), ElementsAre("3* configured", "2 configured", "1 installed"));
  EXPECT_EQ(rt->plugin("p")->config["lang"], "en");
  rt->unload("p");
  EXPECT_EQ(code_of([&] { rt->revert_config("p", 2); }), ec::invalid_argument) << "not loaded either";
}

TEST_F(ConfigHistory, IsAsItWasWhenThePluginCannotBeLoadedWithWhatItIsTakenBackTo) {
  bool broken = false;
  auto moody = scripted("p", {.on_load = [&](plugin_context& ctx) {
                          if (broken && ctx.config().get<int>("/n", 0) == 1) throw std::runtime_error{"not any more"};
                        }});
  const auto rt = started_on_database({moody});
  rt->configure("p", {{"n", 1}});
  rt->configure("p", {{"n", 2}});
  broken = true;
  const auto refused = failure_of([&] { rt->revert_config("p", 2); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), ec::plugin_failed);
  EXPECT_THAT(refused->message(), HasSubstr("keeps the configuration it had"));
  EXPECT_EQ(rt->plugin("p")->config["n"], 2);
  EXPECT_THAT(lines(*rt), ElementsAre("3* configured", "2 configured", "1 installed"));
}

TEST_F(ConfigHistory, SaysWhichPluginOrRevisionIsNotThere) {
  const auto rt = started_on_database({plugin()});
  for (const int none : {-1, 0, 2, 1'000'000}) {
    const auto refused = failure_of([&] { rt->revert_config("p", none); });
    ASSERT_TRUE(refused) << none;
    EXPECT_EQ(refused->code(), ec::not_found);
    EXPECT_THAT(refused->message(), HasSubstr(std::to_string(none)));
  }
  EXPECT_EQ(code_of([&] { rt->revert_config("ghost", 1); }), ec::not_found);
  EXPECT_EQ(code_of([&] { rt->config_history("ghost"); }), ec::not_found);
}

TEST_F(ConfigHistory, NeedsADatabase) {
  const auto rt = running({plugin()});
  rt->configure("p", {{"n", 1}}, "ann");
  EXPECT_EQ(code_of([&] { rt->config_history("p"); }), ec::unavailable);
  EXPECT_EQ(code_of([&] { rt->revert_config("p", 1); }), ec::unavailable);
}

TEST_F(ConfigHistory, IsKeptOfAPluginThatIsNotLoaded) {
  const auto rt = started_on_database({plugin()}, with_key());
  rt->unload("p");
  rt->configure("p", {{"n", 1}, {"token", "geheim"}}, "ann");
  rt->configure("p", {{"n", 1}, {"token", "***"}}, "bob");
  rt->configure("p", {{"n", 2}}, "bob");
  const auto shown = rt->revert_config("p", 2, "cid");
  EXPECT_EQ(shown.state, plugin_state::installed);
  EXPECT_EQ(state_of(*rt, "p"), std::nullopt) << "it is not loaded for that";
  EXPECT_THAT(lines(*rt),
              ElementsAre("4* reverted to 2 by cid", "3 configured by bob", "2 configured by ann", "1 installed"));
  EXPECT_THAT(recorded(), Not(HasSubstr("geheim")));
  EXPECT_EQ(rt->load("p").config["token"], "geheim");
}

TEST_F(ConfigHistory, ShowsNothingThatCouldBeASecretWhileThePluginsCodeIsNotThere) {
  { started_on_database({plugin()})->configure("p", {{"token", "geheim"}, {"n", 1}}); }
  const auto rt = started_on_database({});
  EXPECT_EQ(rt->config_history("p")[0].config, (json{{"token", "***"}, {"n", "***"}}));
  EXPECT_EQ(code_of([&] { rt->revert_config("p", 1); }), ec::conflict);
}

TEST_F(ConfigHistory, IsEachPluginsOwnByNameAndByNumber) {
  const auto rt = started_on_database({plugin("p"), plugin("q")});
  rt->configure("p", {{"n", 1}});
  rt->configure("q", {{"n", 2}});
  rt->configure("q", {{"n", 3}});
  EXPECT_THAT(lines(*rt, "p"), ElementsAre("2* configured", "1 installed"));
  EXPECT_THAT(lines(*rt, "q"), ElementsAre("3* configured", "2 configured", "1 installed"));
  const auto id = std::to_string(query("SELECT id FROM installed_plugins WHERE name = 'q'")[0].get<int>(0));
  EXPECT_EQ(rt->revert_config(id, 2).name, "q");
  EXPECT_EQ(lines(*rt, id).size(), 4U);
  EXPECT_EQ(rt->plugin("p")->config["n"], 1);
}

TEST_F(ConfigHistory, IsBounded) {
  const auto rt = started_on_database({plugin()});
  for (int n = 0; n < config_revision::most; ++n) rt->configure("p", {{"live", n}});
  EXPECT_EQ(lines(*rt).size(), static_cast<std::size_t>(config_revision::most));
  EXPECT_EQ(code_of([&] { rt->revert_config("p", 1); }), ec::not_found);
  EXPECT_EQ(rt->revert_config("p", 2).config["live"], 0);
}

TEST_F(ConfigHistory, GoesWithTheInstallation) {
  const auto rt = started_on_database({plugin("p"), plugin("q")});
  for (const auto what : {plugin_data::keep, plugin_data::drop}) {
    rt->configure("p", {{"n", 1}});
    rt->uninstall("p", what);
    EXPECT_EQ(query("SELECT 1 FROM plugin_config_history WHERE plugin_name = 'p'").size(), 0U);
    EXPECT_EQ(code_of([&] { rt->config_history("p"); }), ec::not_found);
    rt->install("p");
    EXPECT_THAT(lines(*rt), ElementsAre("1* installed"));
  }
  rt->unload("p");
  rt->purge("p");
  EXPECT_THAT(lines(*rt), ElementsAre("1* installed")) << "it is installed still";
  EXPECT_THAT(lines(*rt, "q"), ElementsAre("1* installed"));
}

TEST_F(ConfigHistory, DoesNotKeepAnInstallationThatFailed) {
  const auto rt = started_on_database({plugin()});
  rt->uninstall("p", plugin_data::keep);
  EXPECT_EQ(code_of([&] { rt->install("p", json{{"n", 13}}); }), ec::plugin_failed);
  EXPECT_EQ(query("SELECT 1 FROM plugin_config_history").size(), 0U);
}

TEST_F(ConfigHistory, LeavesTheConfigurationWhenItCannotBeWritten) {
  const auto rt = started_on_database({plugin()});
  query("ALTER TABLE plugin_config_history RENAME TO hidden");
  EXPECT_EQ(code_of([&] { rt->configure("p", {{"n", 1}}); }), ec::database_error);
  EXPECT_EQ(code_of([&] { rt->config_history("p"); }), ec::database_error);
  query("ALTER TABLE hidden RENAME TO plugin_config_history");
  EXPECT_EQ(query("SELECT config FROM installed_plugins")[0].get<json>(0), json::object());
  EXPECT_EQ(rt->configure("p", {{"n", 1}}).config["n"], 1) << "nothing is left under way";
  EXPECT_THAT(lines(*rt), ElementsAre("2* configured", "1 installed"));
}

}  // namespace
}  // namespace streamspace
