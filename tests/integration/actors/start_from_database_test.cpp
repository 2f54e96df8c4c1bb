// What the database says is installed and enabled is what runs, and what is done to a plugin is recorded there.
#include <gmock/gmock.h>

#include "database_runtime_test.hpp"
#include <streamspace/plugins/sdk/plugin_crash.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::code_of;
using ::testing::ElementsAre;
using testing::failure_of;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::scripted;
using testing::state_of;

class StartFromDatabase : public testing::database_runtime_test {
 protected:
  /// Notes its load with the configuration's "lang".
  plugin_factory noted(const std::string& name) {
    return scripted(name,
                    {.on_load =
                         [book = book_](plugin_context& ctx) {
                           if (ctx.config().get<bool>("/bad", false)) throw error{ec::invalid_argument, "too bad"};
                           book->write(ctx.name() + " " + ctx.config().get<std::string>("/lang", "none"));
                         },
                     .on_enable = [book = book_](plugin_context& ctx) { book->write(ctx.name() + " enable"); },
                     .on_disable = [book = book_](plugin_context& ctx) { book->write(ctx.name() + " disable"); }});
  }
  void install(const std::string& name, const std::string& version, bool enabled, const json& config = json::object()) {
    query("INSERT INTO installed_plugins (name, version, enabled, config) VALUES ($1, $2, $3, $4)",
          {name, version, enabled, config});
  }
  json recorded_config(const std::string& name) {
    return query("SELECT config FROM installed_plugins WHERE name = $1", {name})[0].get<json>(0);
  }
  bool recorded_as_enabled(const std::string& name) {
    return query("SELECT enabled FROM installed_plugins WHERE name = $1", {name})[0].get<bool>(0);
  }
};

TEST_F(StartFromDatabase, LoadsWhatIsEnabledAsItIsDescribedThere) {
  install("on", "3.2.1", true, {{"lang", "fr"}});
  install("off", "1.0.0", false);
  runtime rt{with_database()};
  rt.register_builtin(noted("on"));
  rt.register_builtin(noted("off"));
  EXPECT_EQ(rt.start(), 1U);
  EXPECT_EQ(state_of(rt, "on"), plugin_state::enabled);
  EXPECT_EQ(rt.plugin("on")->version, "3.2.1");
  EXPECT_EQ(rt.plugin("on")->config["lang"], "fr");
  EXPECT_EQ(state_of(rt, "off"), std::nullopt);
  EXPECT_THAT(book_->lines(), ElementsAre("on fr", "on enable"));
}

TEST_F(StartFromDatabase, InstallsBuiltInsThatAreNotThereYet) {
  const auto rt = started_on_database({noted("fresh")});
  EXPECT_EQ(state_of(*rt, "fresh"), plugin_state::enabled);
  EXPECT_TRUE(recorded_as_enabled("fresh"));
}

TEST_F(StartFromDatabase, SkipsAndLogsWhatCannotBeLoaded) {
  install("bad", "1.0.0", true, {{"bad", true}});
  install("no-code", "1.0.0", true);
  install("good", "1.0.0", true);
  runtime rt{with_database()};
  for (const auto* name : {"bad", "good"}) rt.register_builtin(noted(name));
  EXPECT_EQ(rt.start(), 1U);
  EXPECT_EQ(state_of(rt, "good"), plugin_state::enabled);
  EXPECT_EQ(state_of(rt, "bad"), plugin_state::failed);
  EXPECT_TRUE(logs().has(log_level::error, "bad is skipped"));
  EXPECT_TRUE(logs().has(log_level::error, "no-code is skipped"));
}

TEST_F(StartFromDatabase, MigratesADatabaseThatIsEmpty) {
  const testing::test_database empty{testing::test_database::layout::empty};
  auto settings = options();
  settings.database_url = empty.url();
  const auto rt = started_on_database({noted("p")}, settings);
  EXPECT_EQ(empty.connect().execute({"SELECT name FROM installed_plugins", {}}, testing::patience).size(), 1U);
}

TEST_F(StartFromDatabase, SaysClearlyWhyTheDatabaseCannotBeUsed) {
  const auto start_with = [&](const std::string& database_url) {
    auto settings = options();
    settings.database_url = database_url;
    runtime rt{settings};
    return failure_of([&] { rt.start(); });
  };
  const auto nobody = start_with("postgresql://ann:topsecret@127.0.0.1:1/streamspace");
  ASSERT_TRUE(nobody);
  EXPECT_EQ(nobody->code(), ec::database_unreachable);
  EXPECT_THAT(nobody->message(), HasSubstr("127.0.0.1"));
  EXPECT_THAT(nobody->message(), HasSubstr("refused"));
  EXPECT_THAT(nobody->message(), Not(HasSubstr("topsecret")));

  auto other = url();
  const auto name = query("SELECT current_database()")[0].get<std::string>(0);
  other.replace(other.find(name), name.size(), "no_such_database");
  const auto absent = start_with(other);
  ASSERT_TRUE(absent);
  EXPECT_EQ(absent->code(), ec::database_unreachable);
  EXPECT_THAT(absent->message(), HasSubstr("no_such_database"));

  const auto malformed = start_with("postgresql://%zz");
  ASSERT_TRUE(malformed);
}

TEST_F(StartFromDatabase, MayBeTriedAgainWhenTheDatabaseWasNotThere) {
  auto settings = options();
  settings.database_url = "postgresql://127.0.0.1:1/streamspace";
  runtime rt{settings};
  rt.register_builtin(noted("p"));
  EXPECT_EQ(code_of([&] { rt.start(); }), ec::database_unreachable);
  rt.set_database_url(url());
  EXPECT_EQ(rt.start(), 1U);
}

// The original's enable and disable changed the row and never told the plugin.
TEST_F(StartFromDatabase, EnableAndDisableReachThePluginAndAreRecorded) {
  {
    const auto rt = started_on_database({noted("p")});
    EXPECT_EQ(rt->disable("p").state, plugin_state::disabled);
    EXPECT_FALSE(recorded_as_enabled("p"));
    EXPECT_THAT(book_->lines(), ElementsAre("p none", "p enable", "p disable"));
  }
  book_->clear();
  const auto rt = started_on_database({noted("p")});
  EXPECT_EQ(state_of(*rt, "p"), std::nullopt) << "it stays off over a restart";
  EXPECT_EQ(rt->enable("p").state, plugin_state::enabled);
  EXPECT_TRUE(recorded_as_enabled("p"));
  EXPECT_THAT(book_->lines(), ElementsAre("p none", "p enable"));
}

TEST_F(StartFromDatabase, LoadsByNameWhatIsInstalled) {
  install("p", "1.0.0", false, {{"lang", "de"}});
  const auto rt = started_on_database({noted("p")});
  EXPECT_TRUE(rt->load("p").enabled());
  EXPECT_THAT(book_->lines(), ElementsAre("p de", "p enable"));
  EXPECT_FALSE(recorded_as_enabled("p")) << "loading is for now, enabling for good";
  EXPECT_EQ(code_of([&] { rt->load("ghost"); }), ec::not_found);
  EXPECT_EQ(code_of([&] { rt->enable("ghost"); }), ec::not_found);
}

TEST_F(StartFromDatabase, ConfiguresAndRecords) {
  const auto rt = started_on_database({noted("p")});
  EXPECT_EQ(rt->configure("p", {{"lang", "es"}}).config["lang"], "es");
  EXPECT_EQ(recorded_config("p"), (json{{"lang", "es"}}));
  EXPECT_THAT(book_->lines(), ElementsAre("p none", "p enable", "p es", "p enable", "p disable"));
}

TEST_F(StartFromDatabase, ConfiguresWhatIsInstalledButNotLoaded) {
  install("off", "2.0.0", false);
  const auto rt = started_on_database({noted("off")});
  const auto shown = rt->configure("off", {{"lang", "es"}});
  EXPECT_EQ(shown.name, "off");
  EXPECT_EQ(shown.version, "2.0.0");
  EXPECT_EQ(shown.state, plugin_state::installed);
  EXPECT_EQ(shown.config["lang"], "es");
  EXPECT_EQ(state_of(*rt, "off"), std::nullopt) << "it is not loaded for that";
  EXPECT_EQ(code_of([&] { rt->configure("ghost", {{"lang", "es"}}); }), ec::not_found);
}

TEST_F(StartFromDatabase, GoesBackToTheRecordedConfigurationWhenTheNewOneFails) {
  install("p", "1.0.0", true, {{"lang", "fr"}});
  const auto rt = started_on_database({noted("p")});
  const auto refused = failure_of([&] { rt->configure("p", {{"bad", true}}); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), ec::plugin_failed);
  EXPECT_THAT(refused->message(), HasSubstr("too bad"));
  EXPECT_EQ(recorded_config("p"), (json{{"lang", "fr"}}));
  EXPECT_EQ(state_of(*rt, "p"), plugin_state::enabled);
  EXPECT_THAT(book_->lines(), ElementsAre("p fr", "p enable")) << "it goes on untouched";
}

TEST_F(StartFromDatabase, RecordsANewConfigurationOfAPluginThatHasFailed) {
  install("p", "1.0.0", true, {{"bad", true}});
  const auto rt = started_on_database({noted("p")});
  ASSERT_EQ(state_of(*rt, "p"), plugin_state::failed);
  EXPECT_EQ(code_of([&] { rt->configure("p", {{"bad", true}, {"lang", "fr"}}); }), ec::plugin_failed);
  EXPECT_EQ(recorded_config("p"), (json{{"bad", true}, {"lang", "fr"}}));
  EXPECT_TRUE(rt->configure("p", {{"lang", "fr"}}).enabled());
}

TEST_F(StartFromDatabase, TakesWhateverSomebodyWroteIntoTheDatabaseMeanwhile) {
  const auto rt = started_on_database({noted("p")});
  rt->configure("p", {{"lang", "es"}, {"more", {{"a", 1}}}});
  query("UPDATE installed_plugins SET config = '{\"lang\": {\"a\": 1}, \"more\": \"text\"}'");
  EXPECT_EQ(rt->configure("p", {{"lang", "de"}}).config["lang"], "de");
  EXPECT_TRUE(rt->plugin("p")->enabled());
}

TEST_F(StartFromDatabase, KeepsSecretsThatAreSentAsTheyAreShown) {
  auto factory = noted("p");
  factory.manifest.config_schema = {{"properties", {{"token", {{"format", "password"}}}}}};
  install("p", "1.0.0", true, {{"token", "hunter2"}});
  {
    const auto rt = started_on_database({factory});
    EXPECT_EQ(rt->configure("p", {{"token", "***"}, {"lang", "es"}}).config["token"], "hunter2");
    EXPECT_EQ(recorded_config("p"), (json{{"token", "hunter2"}, {"lang", "es"}}));
    query("UPDATE installed_plugins SET config = '{\"token\": \"rotated\"}'");
    EXPECT_EQ(rt->configure("p", {{"token", "***"}}).config["token"], "rotated") << "the database has the last word";
    rt->disable("p");
  }
  const auto rt = started_on_database({factory});
  ASSERT_EQ(state_of(*rt, "p"), std::nullopt);
  EXPECT_EQ(rt->configure("p", {{"token", "***"}, {"lang", "de"}}).config["token"], "rotated");
  EXPECT_EQ(recorded_config("p"), (json{{"token", "rotated"}, {"lang", "de"}}));
  rt->configure("p", json::object());
  EXPECT_EQ(code_of([&] { rt->configure("p", {{"token", "***"}}); }), ec::invalid_argument);
  EXPECT_EQ(recorded_config("p"), json::object());
  rt->enable("p");
  EXPECT_EQ(code_of([&] { rt->configure("p", {{"token", "***"}}); }), ec::invalid_argument);
  EXPECT_TRUE(rt->reload("p").enabled()) << "nothing is left under way";
}

TEST_F(StartFromDatabase, TakesAPluginsNumberForItsName) {
  const auto rt = started_on_database({noted("p"), noted("q")});
  const auto id = std::to_string(query("SELECT id FROM installed_plugins WHERE name = 'p'")[0].get<int>(0));
  EXPECT_EQ(rt->plugin(id)->name, "p");
  EXPECT_EQ(rt->configure(id, {{"lang", "es"}}).config["lang"], "es");
  EXPECT_EQ(rt->disable(id).state, plugin_state::disabled);
  EXPECT_FALSE(recorded_as_enabled("p"));
  EXPECT_EQ(rt->enable(id).state, plugin_state::enabled);
  EXPECT_TRUE(rt->reload(id).enabled());
  EXPECT_EQ(rt->unload(id).name, "p");
  EXPECT_EQ(rt->load(id).name, "p");
  EXPECT_EQ(state_of(*rt, "q"), plugin_state::enabled);
  EXPECT_EQ(rt->plugin("123456789"), std::nullopt);
  EXPECT_EQ(code_of([&] { rt->reload("99999999999999999999999"); }), ec::not_found);
}

TEST_F(StartFromDatabase, KnowsAPluginByItsNumberInItsOwnTurnToo) {
  runtime* rt = nullptr;
  std::string id;
  std::optional<ec> refused;
  const auto running = started_on_database(
      {scripted("p", {.on_load = [&](plugin_context& ctx) {
                  ctx.events().on("do", [&](const event&) { refused = code_of([&] { rt->reload(id); }); });
                }})});
  rt = running.get();
  id = std::to_string(query("SELECT id FROM installed_plugins WHERE name = 'p'")[0].get<int>(0));
  rt->emit_sync("do", json::object(), testing::soon);
  EXPECT_EQ(refused, ec::would_deadlock);
}

TEST_F(StartFromDatabase, TakesANameBeforeANumber) {
  const auto rt = started_on_database({noted("p")});
  const auto id = std::to_string(query("SELECT id FROM installed_plugins WHERE name = 'p'")[0].get<int>(0));
  install(id, "1.0.0", false);
  EXPECT_EQ(rt->configure(id, {{"lang", "es"}}).name, id);
  EXPECT_EQ(recorded_config("p"), json::object());
}

TEST_F(StartFromDatabase, RefusesAConfigurationThatTheDatabaseCannotHoldAndGoesOn) {
  const auto rt = started_on_database({noted("p")});
  EXPECT_EQ(code_of([&] { rt->configure("p", {{"lang", std::string("a\0b", 3)}}); }), ec::invalid_argument);
  EXPECT_EQ(state_of(*rt, "p"), plugin_state::enabled);
  EXPECT_EQ(rt->plugin("p")->config.contains("lang"), false);
}

TEST_F(StartFromDatabase, ReloadsWithWhatTheDatabaseHoldsNow) {
  const auto rt = started_on_database({noted("p")});
  query("UPDATE installed_plugins SET config = '{\"lang\": \"it\"}', version = '1.1.0' WHERE name = 'p'");
  const auto again = rt->reload("p");
  EXPECT_EQ(again.config["lang"], "it");
  EXPECT_EQ(again.version, "1.1.0");
  EXPECT_TRUE(again.enabled());
}

TEST_F(StartFromDatabase, ReloadsAPluginThatWasLoadedByHandAsItWas) {
  const auto rt = started_on_database({noted("p")});
  query("DELETE FROM installed_plugins WHERE name = 'p'");
  rt->unload("p");
  rt->load({.name = "p", .config = {{"lang", "hu"}}});
  EXPECT_EQ(rt->reload("p").config["lang"], "hu");
  EXPECT_EQ(state_of(*rt, "p"), plugin_state::enabled);
}

TEST_F(StartFromDatabase, LeavesAPluginAloneWhenItCannotReadWhatToReload) {
  const auto rt = started_on_database({noted("p")});
  query("ALTER TABLE installed_plugins RENAME TO hidden");
  EXPECT_EQ(code_of([&] { rt->reload("p"); }), ec::database_error);
  EXPECT_EQ(state_of(*rt, "p"), plugin_state::enabled);
  query("ALTER TABLE hidden RENAME TO installed_plugins");
  EXPECT_TRUE(rt->reload("p").enabled());
}

TEST_F(StartFromDatabase, RemembersThatAPluginWasGivenUpOn) {
  const auto crashing = [] {
    auto plugin = scripted("p", {.on_load = [](plugin_context& ctx) {
                             ctx.events().on("a.x", [](const event&) { throw plugin_crash{"broken for good"}; });
                           }});
    plugin.manifest.extra["supervision"] = {{"restarts", {{"most", 0}}}};
    return plugin;
  };
  const auto failed = [](runtime& rt) { return rt.plugin("p")->state == plugin_state::failed; };
  {
    const auto rt = started_on_database({crashing()});
    rt->emit("a.x");
    ASSERT_TRUE(testing::eventually([&] { return failed(*rt); }));
    ASSERT_TRUE(
        testing::eventually([&] { return query("SELECT 1 FROM plugin_failures WHERE given_up <> ''").size() == 1; }));
  }
  {
    const auto rt = started_on_database({crashing()});
    EXPECT_TRUE(failed(*rt));
    EXPECT_NE(rt->plugin("p")->last_error.find("broken for good"), std::string::npos);
    EXPECT_EQ(rt->enable("p").state, plugin_state::enabled) << "an operator has seen to it";
    ASSERT_TRUE(testing::eventually([&] { return query("SELECT 1 FROM plugin_failures").empty(); }));
  }
  const auto rt = started_on_database({crashing()});
  EXPECT_EQ(rt->plugin("p")->state, plugin_state::enabled);
}

}  // namespace
}  // namespace streamspace
