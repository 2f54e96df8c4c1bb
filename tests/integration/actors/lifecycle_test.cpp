#include <future>

#include <gmock/gmock.h>

#include "runtime_test.hpp"

namespace streamspace {
namespace {

using testing::code_of;
using testing::door;
using ::testing::ElementsAre;
using testing::failure_of;
using ::testing::Field;
using ::testing::HasSubstr;
using testing::scripted;
using testing::state_of;

class Lifecycle : public testing::runtime_test {
 protected:
  /// A plugin that writes each of its hooks into the book.
  plugin_factory noted(const std::string& name) {
    const auto note = [this](std::string hook) {
      return [book = book_, hook](plugin_context& ctx) { book->write(ctx.name() + " " + hook); };
    };
    return scripted(name, {.on_load = note("load"),
                           .on_unload = note("unload"),
                           .on_enable = note("enable"),
                           .on_disable = note("disable")});
  }
};

TEST_F(Lifecycle, RunsTheHooksInOrder) {
  const auto rt = started({noted("p")});
  rt->load({.name = "p"});
  EXPECT_THAT(book_->lines(), ElementsAre("p load", "p enable"));
  rt->disable("p");
  EXPECT_THAT(book_->lines(), ElementsAre("p load", "p enable", "p disable"));
  rt->enable("p");
  rt->unload("p");
  EXPECT_THAT(book_->lines(), ElementsAre("p load", "p enable", "p disable", "p enable", "p disable", "p unload"));
}

TEST_F(Lifecycle, UnloadsADisabledPluginWithoutDisablingItAgain) {
  const auto rt = running({noted("p")});
  rt->disable("p");
  rt->unload("p");
  EXPECT_THAT(book_->lines(), ElementsAre("p load", "p enable", "p disable", "p unload"));
}

TEST_F(Lifecycle, EnablesOnlyWhenToldTo) {
  const auto rt = started({noted("p")});
  EXPECT_EQ(rt->load({.name = "p", .enable = false}).state, plugin_state::disabled);
  EXPECT_THAT(book_->lines(), ElementsAre("p load"));
  EXPECT_EQ(rt->enable("p").state, plugin_state::enabled);
  EXPECT_THAT(book_->lines(), ElementsAre("p load", "p enable"));
}

TEST_F(Lifecycle, DoesNothingMoreWhenThePluginIsThereAlready) {
  const auto rt = running({noted("p")});
  EXPECT_EQ(rt->enable("p").state, plugin_state::enabled);
  rt->disable("p");
  EXPECT_EQ(rt->disable("p").state, plugin_state::disabled);
  EXPECT_THAT(book_->lines(), ElementsAre("p load", "p enable", "p disable"));
}

TEST_F(Lifecycle, ShowsThePluginsInTheOrderOfLoading) {
  const auto rt = started({noted("a"), noted("b"), noted("c")});
  for (const auto* name : {"b", "c", "a"}) rt->load({.name = name, .version = "2.1.0"});
  std::vector<std::string> names;
  for (const auto& p : rt->plugins()) names.push_back(p.name);
  EXPECT_THAT(names, ElementsAre("b", "c", "a"));
  const auto shown = rt->plugin("c");
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->version, "2.1.0");
  EXPECT_EQ(shown->manifest.name, "c");
  EXPECT_TRUE(shown->loaded_at);
  EXPECT_TRUE(shown->enabled());
  EXPECT_EQ(rt->plugin("d"), std::nullopt);
  EXPECT_THAT(rt->available(), ElementsAre(Field(&available_plugin::name, "a"), Field(&available_plugin::name, "b"),
                                           Field(&available_plugin::name, "c")));
}

TEST_F(Lifecycle, GivesThePluginWhatIsSetOverItsDefaults) {
  const json defaults{{"lang", "en"}, {"mail", {{"host", "localhost"}, {"port", 25}}}};
  json seen;
  const auto rt =
      started({scripted("p", {.on_load = [&](plugin_context& ctx) { seen = ctx.config().raw(); }}, defaults)});
  const auto loaded = rt->load({.name = "p", .config = {{"mail", {{"host", "mx"}}}}});
  EXPECT_EQ(seen, (json{{"lang", "en"}, {"mail", {{"host", "mx"}, {"port", 25}}}}));
  EXPECT_EQ(loaded.config, seen);
}

TEST_F(Lifecycle, RefusesAConfigurationThatIsNoObjectAndGoesOn) {
  const auto rt = started({noted("p")});
  EXPECT_EQ(code_of([&] { rt->load({.name = "p", .config = json::array({1})}); }), ec::invalid_argument);
  EXPECT_EQ(code_of([&] { rt->load({.name = "p", .config = nullptr}); }), ec::invalid_argument);
  rt->load({.name = "p"});
  EXPECT_EQ(code_of([&] { rt->configure("p", json::array({1})); }), ec::invalid_argument);
  EXPECT_EQ(code_of([&] { rt->configure("p", {{"text", "raw \xff"}}); }), ec::invalid_argument);
  EXPECT_EQ(state_of(*rt, "p"), plugin_state::enabled);
}

TEST_F(Lifecycle, RefusesTheManifestOfAnotherPlugin) {
  const auto rt = started({noted("p")});
  EXPECT_EQ(code_of([&] { rt->load({.name = "p", .manifest = plain_manifest("q")}); }), ec::invalid_argument);
  EXPECT_EQ(state_of(*rt, "p"), std::nullopt);
}

TEST_F(Lifecycle, RefusesWhatItDoesNotKnow) {
  const auto rt = started({noted("p")});
  EXPECT_EQ(code_of([&] { rt->load({.name = "ghost"}); }), ec::not_found);
  EXPECT_EQ(code_of([&] { rt->unload("p"); }), ec::not_found) << "it could be loaded, but is not";
  EXPECT_EQ(code_of([&] { rt->enable("p"); }), ec::not_found);
  EXPECT_EQ(code_of([&] { rt->disable("p"); }), ec::not_found);
  EXPECT_EQ(code_of([&] { rt->configure("p", json::object()); }), ec::not_found);
  EXPECT_EQ(code_of([&] { rt->load("p"); }), ec::unavailable) << "there is no database to look into";
}

TEST_F(Lifecycle, LoadsAPluginOnce) {
  const auto rt = running({noted("p")});
  EXPECT_EQ(code_of([&] { rt->load({.name = "p"}); }), ec::already_exists);
  EXPECT_EQ(state_of(*rt, "p"), plugin_state::enabled);
}

TEST_F(Lifecycle, RefusesASecondOperationOnAPluginThatIsBusy) {
  auto wait = std::make_shared<door>();
  const auto rt = started({scripted("p", {.on_load = [wait](plugin_context&) { wait->pass(); }})});
  auto loading = std::async(std::launch::async, [&] { return rt->load({.name = "p"}); });
  ASSERT_TRUE(wait->await_arrival());
  EXPECT_EQ(state_of(*rt, "p"), plugin_state::loading);
  EXPECT_EQ(code_of([&] { rt->unload("p"); }), ec::conflict);
  EXPECT_EQ(code_of([&] { rt->disable("p"); }), ec::conflict);
  EXPECT_EQ(code_of([&] { rt->enable("p"); }), ec::conflict);
  EXPECT_EQ(code_of([&] { rt->reload("p"); }), ec::conflict);
  EXPECT_EQ(code_of([&] { rt->load({.name = "p"}); }), ec::already_exists);
  wait->open();
  EXPECT_TRUE(loading.get().enabled());
}

TEST_F(Lifecycle, ReloadsWithTheConfigurationOfBefore) {
  std::vector<std::string> languages;
  const auto rt = started({scripted(
      "p", {.on_load = [&](plugin_context& ctx) { languages.push_back(ctx.config().get<std::string>("/lang")); }})});
  rt->load({.name = "p", .version = "1.5.0", .config = {{"lang", "fr"}}});
  const auto again = rt->reload("p");
  EXPECT_THAT(languages, ElementsAre("fr", "fr"));
  EXPECT_EQ(again.version, "1.5.0");
  EXPECT_TRUE(again.enabled());
}

TEST_F(Lifecycle, LeavesADisabledPluginDisabledWhenItIsReloaded) {
  const auto rt = running({noted("p")});
  rt->disable("p");
  book_->clear();
  EXPECT_EQ(rt->reload("p").state, plugin_state::disabled);
  EXPECT_THAT(book_->lines(), ElementsAre("p unload", "p load"));
}

TEST_F(Lifecycle, ConfiguresAPluginByReloadingIt) {
  std::vector<std::string> languages;
  const auto rt = running({scripted("p", {.on_load = [&](plugin_context& ctx) {
                                      languages.push_back(ctx.config().get<std::string>("/lang", "none"));
                                    }})});
  EXPECT_EQ(rt->configure("p", {{"lang", "de"}}).config["lang"], "de");
  rt->reload("p");
  EXPECT_THAT(languages, ElementsAre("none", "de", "de"));
}

/// Does not load with the configuration {"bad": "load"}, nor come up with {"bad": "enable"}.
plugin_factory picky(const std::string& name) {
  const auto refuse = [](const std::string& hook) {
    return [hook](plugin_context& ctx) {
      if (ctx.config().get<std::string>("/bad", "") == hook) throw error{ec::invalid_argument, "too bad"};
    };
  };
  return scripted(name, {.on_load = refuse("load"), .on_enable = refuse("enable")});
}

TEST_F(Lifecycle, GoesBackToTheConfigurationThatAPluginHadWhenTheNewOneFails) {
  const auto rt = running({picky("p")});
  rt->configure("p", {{"n", 1}});
  for (const auto* hook : {"load", "enable"}) {
    const auto refused = failure_of([&] { rt->configure("p", {{"bad", hook}}); });
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code(), ec::plugin_failed);
    EXPECT_THAT(refused->message(), HasSubstr("too bad"));
    EXPECT_THAT(refused->message(), HasSubstr("keeps the configuration it had"));
    EXPECT_EQ(state_of(*rt, "p"), plugin_state::enabled);
    EXPECT_EQ(rt->plugin("p")->config, (json{{"n", 1}}));
    EXPECT_EQ(rt->plugin("p")->last_error, "");
  }
  EXPECT_EQ(rt->configure("p", {{"n", 2}}).config, (json{{"n", 2}}));
}

TEST_F(Lifecycle, LeavesADisabledPluginDisabledWhenANewConfigurationFails) {
  const auto rt = running({picky("p")});
  rt->disable("p");
  EXPECT_EQ(code_of([&] { rt->configure("p", {{"bad", "load"}}); }), ec::plugin_failed);
  EXPECT_EQ(state_of(*rt, "p"), plugin_state::disabled);
}

TEST_F(Lifecycle, TriesANewConfigurationOnAPluginThatHasFailed) {
  const auto rt = started({picky("p")});
  EXPECT_EQ(code_of([&] { rt->load({.name = "p", .config = {{"bad", "load"}}}); }), ec::plugin_failed);
  EXPECT_EQ(code_of([&] { rt->configure("p", {{"bad", "enable"}}); }), ec::plugin_failed);
  EXPECT_EQ(state_of(*rt, "p"), plugin_state::failed);
  EXPECT_EQ(rt->plugin("p")->config, (json{{"bad", "enable"}})) << "there is nothing to go back to";
  EXPECT_TRUE(rt->configure("p", {{"bad", "nothing"}}).enabled());
}

TEST_F(Lifecycle, StartsAllBuiltInsAndSkipsABrokenOne) {
  runtime rt{options()};
  rt.register_builtin(noted("good"));
  rt.register_builtin(scripted("broken", {.on_load = [](plugin_context&) { throw std::runtime_error{"no luck"}; }}));
  rt.register_builtin(noted("other"));
  EXPECT_EQ(rt.start(), 2U);
  EXPECT_EQ(state_of(rt, "good"), plugin_state::enabled);
  EXPECT_EQ(state_of(rt, "broken"), plugin_state::failed);
  EXPECT_THAT(rt.plugin("broken")->last_error, HasSubstr("no luck"));
  EXPECT_TRUE(logs().has(log_level::error, "broken is skipped"));
}

TEST_F(Lifecycle, TellsEveryoneHowAPluginsStateChanges) {
  const auto rt = running({scripted("watcher", {.on_load =
                                                    [book = book_](plugin_context& ctx) {
                                                      ctx.events().on("plugin.state_changed", [book](const event& e) {
                                                        if (e.data()["plugin"] != "p") return;
                                                        book->write(e.data()["from"].get<std::string>() + " -> " +
                                                                    e.data()["to"].get<std::string>());
                                                      });
                                                    }}),
                           scripted("p", {})});
  rt->disable("p");
  rt->enable("p");
  rt->unload("p");
  ASSERT_TRUE(book_->await(7));
  EXPECT_THAT(book_->lines(),
              ElementsAre("installed -> loading", "loading -> enabled", "enabled -> draining", "draining -> disabled",
                          "disabled -> enabled", "enabled -> draining", "draining -> unloaded"));
}

TEST_F(Lifecycle, SaysThatItIsNotStarted) {
  runtime rt{options()};
  rt.register_builtin(noted("p"));
  EXPECT_EQ(code_of([&] { rt.load({.name = "p"}); }), ec::conflict);
  EXPECT_EQ(code_of([&] { static_cast<void>(rt.plugins()); }), ec::conflict);
  EXPECT_EQ(rt.emit("a.b").matched, 0U);
  EXPECT_THAT(rt.available(), ElementsAre(Field(&available_plugin::name, "p")));
  rt.stop();
}

TEST_F(Lifecycle, StartsOnce) {
  const auto rt = started({});
  EXPECT_EQ(code_of([&] { rt->start(); }), ec::conflict);
}

TEST_F(Lifecycle, RefusesANameThatIsTakenOrNone) {
  runtime rt{options()};
  rt.register_builtin(noted("p"));
  EXPECT_EQ(code_of([&] { rt.register_builtin(noted("p")); }), ec::already_exists);
  EXPECT_EQ(code_of([&] { rt.register_builtin(noted("installed")); }), ec::invalid_argument);
  EXPECT_EQ(code_of([&] { rt.register_builtin(noted("Bad Name")); }), ec::invalid_argument);
}

}  // namespace
}  // namespace streamspace
