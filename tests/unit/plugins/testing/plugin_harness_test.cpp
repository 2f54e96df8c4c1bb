#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/plugin.hpp>
#include <streamspace/testing.hpp>

namespace streamspace::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct greeter : base_plugin {
  void on_load(plugin_context& ctx) override {
    lang = ctx.config().get<std::string>("/lang", "de");
    ctx.events().on("session.*", [&ctx](const event& e) { ctx.storage().increment("seen:" + e.type()); });
    ctx.api().get("/hello/:name", [this](const request& rq) {
      return response{json{{"hello", rq.param("name")}, {"lang", lang}}};
    });
    ctx.ui().widget({.id = "greetings", .title = "Greetings", .component = "Greetings"});
    ctx.logger().debug("loaded", {{"lang", lang}});
  }
  void on_session_created(plugin_context& ctx, const session& s) override {
    created = s;
    ctx.events().emit("greeted", {{"session", s.id}});
  }

  std::string lang;
  session created;
};

plugin_manifest greeter_manifest() {
  auto manifest = plain_manifest("greeter");
  manifest.default_config = {{"lang", "fr"}, {"limits", {{"a", 1}, {"b", 2}}}};
  return manifest;
}

TEST(PluginHarness, RunsAPluginWithoutAServer) {
  plugin_harness<greeter> h{{.config = {{"lang", "en"}}}};
  const auto report = h.emit(session{.id = "s1", .state = session_state::running}.created());
  EXPECT_EQ(report.handled(), 2U);
  EXPECT_THAT(report.failures(), IsEmpty());
  EXPECT_EQ(h.plugin().created.id, "s1");
  EXPECT_EQ(h.plugin().created.state, session_state::running);
  EXPECT_EQ(h.get("/hello/ann").json()["hello"], "ann");
  EXPECT_EQ(h.get("/hello/ann").json()["lang"], "en");
  EXPECT_EQ(h.storage().get<int>("seen:session.created"), 1);
  EXPECT_EQ(h.context().name(), "plugin");
  ASSERT_THAT(h.emitted(), SizeIs(1));
  EXPECT_EQ(h.emitted()[0]->type(), "plugin.plugin.greeted");
  EXPECT_EQ(h.emitted()[0]->source(), "plugin");
  EXPECT_EQ(h.emitted()[0]->data(), (json{{"session", "s1"}}));
}

TEST(PluginHarness, EmitsPlainJsonToTypedHooksToo) {
  plugin_harness<greeter> h;
  EXPECT_EQ(h.emit("session.created", json{{"id", "s2"}}).handled(), 2U);
  EXPECT_EQ(h.plugin().created.id, "s2");
  EXPECT_EQ(h.emit("team.created").handled(), 0U);
  EXPECT_EQ(code_of([&] { h.emit("not a type"); }), ec::invalid_argument);
}

TEST(PluginHarness, LaysTheConfigurationOverTheManifestsDefaults) {
  plugin_harness<greeter> h{{.config = {{"limits", {{"b", 3}}}, {"extra", nullptr}}, .manifest = greeter_manifest()}};
  EXPECT_EQ(h.context().config().raw(), (json{{"lang", "fr"}, {"limits", {{"a", 1}, {"b", 3}}}, {"extra", nullptr}}));
  EXPECT_EQ(h.plugin().lang, "fr");
  EXPECT_EQ(h.context().name(), "greeter");
}

TEST(PluginHarness, RefusesAConfigurationThatIsNoObject) {
  const auto refused = failure_of([] { plugin_harness<greeter> h{{.config = json::array({1})}}; });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), ec::invalid_argument);
  EXPECT_THAT(refused->message(), HasSubstr("configuration of plugin plugin"));
}

TEST(PluginHarness, ReadsTheManifestOfAFile) {
  const auto folder = std::string{STREAMSPACE_SOURCE_DIR} + "/tests/unit/plugins/testing/";
  plugin_harness<greeter> h{{.manifest_file = folder + "manifest.json"}};
  EXPECT_EQ(h.context().name(), "from-a-file");
  EXPECT_EQ(h.plugin().lang, "it");
  EXPECT_EQ(code_of([&] { plugin_harness<greeter> none{{.manifest_file = folder + "absent.json"}}; }), ec::io_error);
  const auto source =
      failure_of([&] { plugin_harness<greeter> none{{.manifest_file = folder + "plugin_harness_test.cpp"}}; });
  ASSERT_TRUE(source);
  EXPECT_EQ(source->code(), ec::invalid_argument);
  EXPECT_THAT(source->message(), HasSubstr("plugin_harness_test.cpp is not JSON"));
}

TEST(PluginHarness, KeepsLogLinesOfAllLevelsWithItsOwnTime) {
  plugin_harness<greeter> h;
  ASSERT_THAT(h.logs(), SizeIs(1));
  EXPECT_EQ(h.logs()[0].plugin, "plugin");
  EXPECT_EQ(h.logs()[0].level, log_level::debug);
  EXPECT_EQ(h.logs()[0].data, (json{{"lang", "de"}}));
  EXPECT_EQ(to_rfc3339(h.logs()[0].time), "2026-01-01T00:00:00.000000Z");
}

TEST(PluginHarness, HasTheComponents) {
  plugin_harness<greeter> h;
  ASSERT_THAT(h.components(), SizeIs(1));
  EXPECT_EQ(h.components()[0].id, "greetings");
  h.unload();
  EXPECT_THAT(h.components(), IsEmpty());
}

TEST(PluginHarness, SaysWhichHookFailedAndWhy) {
  struct fails_to_load : base_plugin {
    void on_load(plugin_context& ctx) override {
      ctx.events().on("a", [](const event&) {});
      throw std::runtime_error{"no socket"};
    }
  };
  const auto load = failure_of([] { plugin_harness<fails_to_load> h; });
  ASSERT_TRUE(load);
  EXPECT_EQ(load->code(), ec::plugin_failed);
  EXPECT_EQ(load->message(), "plugin plugin could not be loaded: on_load threw std::runtime_error: no socket");
  EXPECT_EQ(load->fact("plugin"), "plugin");

  static std::vector<std::string> calls;
  struct fails_to_enable : base_plugin {
    void on_enable(plugin_context&) override { throw error{ec::not_found, "the room is gone"}; }
    void on_disable(plugin_context&) override { calls.emplace_back("on_disable"); }
    void on_unload(plugin_context&) override { calls.emplace_back("on_unload"); }
  };
  const auto enable = failure_of([] { plugin_harness<fails_to_enable> h; });
  ASSERT_TRUE(enable);
  EXPECT_EQ(enable->message(), "plugin plugin could not be loaded: on_enable: the room is gone");
  EXPECT_THAT(calls, ElementsAre("on_unload"));

  struct fails_to_be : base_plugin {
    fails_to_be() { throw std::runtime_error{"never"}; }
  };
  const auto made = failure_of([] { plugin_harness<fails_to_be> h; });
  ASSERT_TRUE(made);
  EXPECT_EQ(made->message(), "plugin plugin could not be loaded: its constructor threw std::runtime_error: never");
}

/// Writes down its hooks; has a route of on_load and one of on_enable.
struct alive : base_plugin {
  void on_load(plugin_context& ctx) override {
    ctx.storage().increment("loads");
    ctx.api().get("/lasting", [](const request&) { return response{json(1)}; });
    ctx.events().on("tick", [this](const event&) { ++ticks; });
  }
  void on_enable(plugin_context& ctx) override {
    ctx.api().get("/while-enabled", [](const request&) { return response{json(2)}; });
    ctx.ui().widget({.id = "w", .title = "W", .component = "W"});
    if (ctx.storage().get("refuse")) throw std::runtime_error{"refused"};
  }
  void on_disable(plugin_context& ctx) override {
    ctx.events().emit("bye");
    if (ctx.storage().get("stubborn")) throw std::runtime_error{"stays"};
  }
  void on_unload(plugin_context& ctx) override { ctx.logger().info("unloaded"); }

  int ticks = 0;
};

TEST(PluginHarness, GivesADisabledPluginNothing) {
  plugin_harness<alive> h;
  EXPECT_EQ(h.get("/while-enabled").status, 200);
  EXPECT_THAT(h.disable().failures(), IsEmpty());
  EXPECT_TRUE(h.emit("tick").results.empty());
  EXPECT_EQ(h.plugin().ticks, 0);
  EXPECT_EQ(h.get("/lasting").status, 503);
  EXPECT_EQ(h.get("/lasting").header("Retry-After"), "1");
  EXPECT_EQ(h.get("/while-enabled").status, 404);
  EXPECT_THAT(h.components(), IsEmpty());
  EXPECT_THAT(h.emitted(), SizeIs(1));
  h.disable();
  EXPECT_THAT(h.emitted(), SizeIs(1)) << "it is disabled already";
  h.enable();
  h.enable();
  EXPECT_EQ(h.emit("tick").handled(), 1U);
  EXPECT_EQ(h.get("/lasting").status, 200);
  EXPECT_EQ(h.get("/while-enabled").status, 200);
  EXPECT_EQ(h.storage().get<int>("loads"), 1);
}

TEST(PluginHarness, LoadsItAnewWithTheSameStorage) {
  plugin_harness<alive> h;
  h.emit("tick");
  EXPECT_THAT(h.unload().failures(), IsEmpty());
  EXPECT_EQ(h.logs().back().message, "unloaded");
  EXPECT_TRUE(h.emit("tick").results.empty());
  EXPECT_EQ(h.get("/lasting").status, 404);
  EXPECT_EQ(code_of([&] { h.plugin(); }), ec::not_found);
  EXPECT_EQ(code_of([&] { h.unload(); }), ec::not_found);
  EXPECT_EQ(code_of([&] { h.disable(); }), ec::not_found);
  EXPECT_EQ(h.storage().get<int>("loads"), 1);
  h.enable();
  EXPECT_EQ(h.storage().get<int>("loads"), 2);
  EXPECT_EQ(h.plugin().ticks, 0) << "a new object";
  EXPECT_EQ(h.emit("tick").handled(), 1U);
}

TEST(PluginHarness, GoesOnWhenAHookFailsAtTheEnd) {
  plugin_harness<alive> h;
  h.storage().set("stubborn", true);
  const auto disabled = h.disable();
  ASSERT_THAT(disabled.failures(), SizeIs(1));
  EXPECT_EQ(disabled.failures()[0].subscription, "on_disable");
  EXPECT_EQ(disabled.failures()[0].what, "stays");
  EXPECT_EQ(h.logs().back().message, "plugin plugin failed while it was disabled");
  EXPECT_EQ(h.get("/lasting").status, 503);
  h.enable();
  EXPECT_THAT(h.unload().failures(), SizeIs(1));
  EXPECT_EQ(code_of([&] { h.plugin(); }), ec::not_found);
}

TEST(PluginHarness, UnloadsWhatCannotBeEnabledAgain) {
  plugin_harness<alive> h;
  h.disable();
  h.storage().set("refuse", true);
  const auto refused = failure_of([&] { h.enable(); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->message(), "plugin plugin could not be loaded: on_enable threw std::runtime_error: refused");
  EXPECT_EQ(h.logs().back().message, "unloaded");
  EXPECT_EQ(h.get("/lasting").status, 404);
  h.storage().remove("refuse");
  h.enable();
  EXPECT_EQ(h.get("/lasting").status, 200);
}

TEST(PluginHarness, UnloadsAtItsEnd) {
  static int unloads;
  struct counts : base_plugin {
    void on_unload(plugin_context&) override { ++unloads; }
  };
  unloads = 0;
  { plugin_harness<counts> h; }
  EXPECT_EQ(unloads, 1);
  {
    plugin_harness<counts> h;
    h.unload();
  }
  EXPECT_EQ(unloads, 2);
}

TEST(PluginHarness, IsNotForThePluginItself) {
  static harness* mine;
  struct calls_back : base_plugin {
    void on_load(plugin_context& ctx) override {
      ctx.events().on("a", [](const event&) { mine->emit("b"); });
    }
  };
  plugin_harness<calls_back> h;
  mine = &h;
  const auto report = h.emit("a");
  ASSERT_THAT(report.failures(), SizeIs(1));
  EXPECT_THAT(report.failures()[0].what, HasSubstr("was called by the plugin itself"));
}

TEST(PluginHarness, RunsAnyFactory) {
  harness h{make_plugin_factory<greeter>(greeter_manifest())};
  EXPECT_EQ(h.get("/hello/bo").json(), (json{{"hello", "bo"}, {"lang", "fr"}}));
}

}  // namespace
}  // namespace streamspace::testing
