#include <algorithm>
#include <chrono>
#include <random>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/plugins/dependencies/load_order.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using need = resolvable_plugin::need;

resolvable_plugin plugin(std::string name, std::string version, std::vector<need> needs = {}) {
  return {.name = std::move(name),
          .version = std::move(version),
          .enabled = true,
          .needs = std::move(needs),
          .streamspace_version = {},
          .minimum_version = {},
          .maximum_version = {}};
}

resolvable_plugin disabled(resolvable_plugin p) {
  p.enabled = false;
  return p;
}

need wish(std::string name, std::string range) {
  return {std::move(name), std::move(range), true};
}

load_order order_of(std::vector<resolvable_plugin> plugins, const std::string& server = "1.4.0") {
  return {std::move(plugins), *semver::parse(server)};
}

TEST(LoadOrder, PutsWhatIsNeededFirst) {
  const auto order = order_of({plugin("app", "1.0.0", {{"billing", "^1.0.0"}, {"slack", "*"}}),
                               plugin("billing", "1.2.0", {{"slack", "^2.0.0"}}), plugin("slack", "2.1.0"),
                               plugin("zebra", "1.0.0"), plugin("alone", "1.0.0")});
  EXPECT_THAT(order.to_load(), ElementsAre("alone", "slack", "billing", "app", "zebra"));
  EXPECT_THAT(order.to_stop(), ElementsAre("zebra", "app", "billing", "slack", "alone"));
  EXPECT_THAT(order.refused(), IsEmpty());
  EXPECT_EQ(order.why_refused("app"), "");
}

TEST(LoadOrder, IsTheSameInWhateverOrderPluginsCome) {
  std::vector<resolvable_plugin> plugins{plugin("a", "1.0.0", {{"d", "*"}}), plugin("b", "1.0.0", {{"a", "1"}}),
                                         plugin("c", "1.0.0", {{"x", "*"}}), plugin("d", "1.0.0"),
                                         plugin("e", "1.0.0", {wish("b", "*")})};
  const auto first = order_of(plugins);
  std::mt19937 random{7};
  for (int i = 0; i < 20; ++i) {
    std::shuffle(plugins.begin(), plugins.end(), random);
    const auto again = order_of(plugins);
    EXPECT_EQ(again.to_load(), first.to_load());
    ASSERT_EQ(again.refused().size(), 1U);
    EXPECT_EQ(again.refused()[0].sentence, first.refused()[0].sentence);
  }
}

TEST(LoadOrder, SaysWhatIsMissingDisabledOrTooOld) {
  const auto order = order_of({plugin("billing", "1.2.0", {{"slack", "^2.0.0"}}), plugin("slack", "1.9.3"),
                               plugin("crm", "0.1.0", {{"mail", ">=1"}}), plugin("hr", "3.0.0", {{"off", "1.x"}}),
                               disabled(plugin("off", "1.0.0"))});
  EXPECT_THAT(order.to_load(), ElementsAre("slack"));
  EXPECT_EQ(order.why_refused("billing"), "billing 1.2.0 needs slack ^2.0.0, but 1.9.3 is installed");
  EXPECT_EQ(order.why_refused("crm"), "crm 0.1.0 needs mail >=1, which is not installed");
  EXPECT_EQ(order.why_refused("hr"), "hr 3.0.0 needs off 1.x, which is disabled");
  EXPECT_EQ(order.why_refused("off"), "");
}

TEST(LoadOrder, ShowsTheChainThroughWhichAPluginFails) {
  const auto order = order_of({plugin("shop", "1.0.0", {{"billing", "*"}}), plugin("site", "2.0.0", {{"shop", "^1"}}),
                               plugin("billing", "1.2.0", {{"slack", "^2.0.0"}}), plugin("slack", "1.9.3")});
  EXPECT_EQ(order.why_refused("shop"),
            "shop 1.0.0 needs billing *, which cannot be loaded: "
            "billing 1.2.0 needs slack ^2.0.0, but 1.9.3 is installed");
  EXPECT_EQ(order.why_refused("site"),
            "site 2.0.0 needs shop ^1, which cannot be loaded (site -> shop -> billing): "
            "billing 1.2.0 needs slack ^2.0.0, but 1.9.3 is installed");
}

TEST(LoadOrder, NamesSeveralCausesOfOnePlugin) {
  const auto two = order_of({plugin("a", "1.0.0", {{"b", "1"}, {"c", "2"}})});
  EXPECT_EQ(two.why_refused("a"),
            "a 1.0.0 needs b 1, which is not installed; a 1.0.0 needs c 2, which is not installed");
  std::vector<need> many;
  for (int i = 0; i < 1000; ++i) many.push_back({"p" + std::to_string(i), "*"});
  EXPECT_THAT(std::string{order_of({plugin("a", "1.0.0", many)}).why_refused("a")}, HasSubstr("; and 997 more"));
}

TEST(LoadOrder, ShowsCircles) {
  const auto order = order_of({plugin("b", "1.0.0", {{"c", "*"}}), plugin("c", "1.0.0", {{"a", "*"}}),
                               plugin("a", "1.0.0", {{"b", "*"}}), plugin("self", "1.0.0", {{"self", "*"}}),
                               plugin("user", "1.0.0", {{"b", "*"}}), plugin("fine", "1.0.0")});
  EXPECT_THAT(order.to_load(), ElementsAre("fine"));
  for (const auto* name : {"a", "b", "c"}) EXPECT_EQ(order.why_refused(name), "a -> b -> c -> a depend on each other");
  EXPECT_EQ(order.why_refused("self"), "self depends on itself");
  EXPECT_EQ(order.why_refused("user"),
            "user 1.0.0 needs b *, which cannot be loaded: a -> b -> c -> a depend on each other");
}

TEST(LoadOrder, FailsWhatHangsOnACircleThroughIt) {
  // b and c are in one component with a, but a -> b -> a is the shortest circle.
  const auto order = order_of({plugin("a", "1.0.0", {{"b", "*"}}), plugin("b", "1.0.0", {{"a", "*"}, {"c", "*"}}),
                               plugin("c", "1.0.0", {{"a", "*"}})});
  EXPECT_EQ(order.why_refused("b"), "a -> b -> a depend on each other");
  EXPECT_EQ(order.why_refused("c"), "c 1.0.0 needs a *, which cannot be loaded: a -> b -> a depend on each other");
}

TEST(LoadOrder, ChecksTheVersionOfTheServer) {
  auto range = plugin("range", "1.0.0");
  range.streamspace_version = "^2.0.0";
  auto least = plugin("least", "1.0.0");
  least.minimum_version = "1.5";
  auto most = plugin("most", "1.0.0");
  most.maximum_version = "1.3.9";
  auto wrong = plugin("wrong", "1.0.0");
  wrong.minimum_version = ">=1";
  auto fits = plugin("fits", "1.0.0");
  fits.streamspace_version = ">=1.0.0";
  fits.minimum_version = "1.4";
  fits.maximum_version = "1.4";
  const auto order = order_of({range, least, most, wrong, fits}, "1.4.2");
  EXPECT_THAT(order.to_load(), ElementsAre("fits"));
  EXPECT_EQ(order.why_refused("range"), "range 1.0.0 needs StreamSpace ^2.0.0, but this server is 1.4.2");
  EXPECT_EQ(order.why_refused("least"), "least 1.0.0 needs StreamSpace 1.5 or newer, but this server is 1.4.2");
  EXPECT_EQ(order.why_refused("most"), "most 1.0.0 needs StreamSpace 1.3.9 or older, but this server is 1.4.2");
  EXPECT_THAT(std::string{order.why_refused("wrong")}, HasSubstr("at character 1"));
}

TEST(LoadOrder, CountsAServerThatIsAPrerelease) {
  auto p = plugin("p", "1.0.0");
  p.streamspace_version = ">=1.0.0";
  EXPECT_THAT(order_of({p}, "1.1.0-beta").to_load(), ElementsAre("p"));
  EXPECT_THAT(order_of({p}, "1.0.0-beta").to_load(), IsEmpty());
}

TEST(LoadOrder, RefusesVersionsAndRangesThatAreNone) {
  const auto order = order_of({plugin("a", "1.x"), plugin("b", "1.0.0", {{"c", "latest"}}), plugin("c", "1.0.0"),
                               plugin("d", "1.0.0", {{"a", "1"}})});
  EXPECT_EQ(order.why_refused("a"),
            "a cannot be loaded: the version '1.x' is wrong at character 3: a number is missing");
  EXPECT_THAT(std::string{order.why_refused("b")}, HasSubstr("'latest' is wrong at character 1"));
  EXPECT_THAT(std::string{order.why_refused("d")}, HasSubstr("a cannot be loaded"));
}

TEST(LoadOrder, TakesPrereleasesAsRangesDo) {
  const auto order = order_of({plugin("a", "1.0.0", {{"beta", "*"}}), plugin("b", "1.0.0", {{"beta", ">=2.0.0-alpha"}}),
                               plugin("c", "1.0.0", {{"beta", std::nullopt}}), plugin("beta", "2.0.0-beta")});
  EXPECT_THAT(order.to_load(), ElementsAre("beta", "b", "c"));
  EXPECT_EQ(order.why_refused("a"), "a 1.0.0 needs beta *, but 2.0.0-beta is installed");
}

TEST(LoadOrder, LoadsOptionalOnesFirstWhereItCan) {
  const auto order = order_of(
      {plugin("a", "1.0.0", {wish("z", "1"), wish("gone", "1"), wish("old", "2"), wish("off", "1"), wish("bad", "1")}),
       plugin("z", "1.0.0"), plugin("old", "1.0.0"), disabled(plugin("off", "1.0.0")),
       plugin("bad", "1.0.0", {{"gone", "*"}})});
  EXPECT_THAT(order.to_load(), ElementsAre("old", "z", "a"));
  std::vector<std::string> notes;
  for (const auto& n : order.doing_without()) notes.push_back(n.sentence);
  EXPECT_THAT(notes, ElementsAre("a 1.0.0 goes without gone 1, which is not installed",
                                 "a 1.0.0 goes without old 2, but 1.0.0 is installed",
                                 "a 1.0.0 goes without off 1, which is disabled",
                                 "a 1.0.0 goes without bad, which cannot be loaded"));
}

TEST(LoadOrder, GivesUpOptionalOnesThatCloseACircle) {
  const auto order = order_of({plugin("a", "1.0.0", {wish("b", "*")}), plugin("b", "1.0.0", {{"a", "*"}}),
                               plugin("early", "1.0.0", {wish("b", "*")}), plugin("x", "1.0.0", {wish("y", "*")}),
                               plugin("y", "1.0.0", {wish("x", "*")}), plugin("w", "1.0.0", {wish("w", "*")})});
  EXPECT_THAT(order.to_load(), ElementsAre("a", "b", "early", "w", "x", "y"));
  EXPECT_THAT(order.refused(), IsEmpty());
}

TEST(LoadOrder, SaysWhoNeedsAPlugin) {
  const auto order =
      order_of({plugin("slack", "2.0.0"), plugin("billing", "1.0.0", {{"slack", "*"}}),
                plugin("alerts", "1.0.0", {{"slack", "*"}}), plugin("shop", "1.0.0", {{"billing", "*"}}),
                plugin("site", "1.0.0", {{"shop", "*"}, {"slack", "*"}}), plugin("fan", "1.0.0", {wish("slack", "*")}),
                plugin("broken", "1.0.0", {{"slack", "*"}, {"nothing", "*"}})});
  EXPECT_THAT(order.needed_by("slack"), ElementsAre("alerts", "billing", "site"));
  EXPECT_THAT(order.needed_by("site"), IsEmpty());
  EXPECT_THAT(order.stopped_before("slack"), ElementsAre("site", "shop", "billing", "alerts"));
  EXPECT_THAT(order.stopped_before("shop"), ElementsAre("site"));
  EXPECT_EQ(order.why_not_to_stop("slack"), "slack is needed by alerts, billing, site, and through them by shop");
  EXPECT_EQ(order.why_not_to_stop("billing"), "billing is needed by shop, and through it by site");
  EXPECT_EQ(order.why_not_to_stop("shop"), "shop is needed by site");
  EXPECT_EQ(order.why_not_to_stop("site"), "");
  for (const auto* name : {"nobody", "broken"}) {
    EXPECT_THAT(order.needed_by(name), IsEmpty());
    EXPECT_THAT(order.stopped_before(name), IsEmpty());
    EXPECT_EQ(order.why_not_to_stop(name), "");
  }
}

TEST(LoadOrder, RefusesTwoPluginsOfOneName) {
  const auto failure = testing::failure_of([] { order_of({plugin("a", "1.0.0"), plugin("a", "2.0.0")}); });
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code(), ec::invalid_argument);
  EXPECT_THAT(failure->message(), HasSubstr("'a'"));
}

TEST(LoadOrder, TakesNothing) {
  EXPECT_THAT(order_of({}).to_load(), IsEmpty());
}

TEST(LoadOrder, ReadsWhatAManifestNeeds) {
  const auto manifest = json::parse(R"({
    "name": "a", "version": "1.0.0", "dependencies": {"b": "^1.0.0"}, "optionalDependencies": {"c": "2", "d": 7},
    "requirements": {"plugins": ["e", "f@>=1 <3"], "streamspaceVersion": ">=1", "minimumVersion": "1",
                     "maximumVersion": "2"}})")
                            .get<plugin_manifest>();
  const auto read = resolvable_plugin_of(manifest, false);
  EXPECT_EQ(read.name, "a");
  EXPECT_EQ(read.version, "1.0.0");
  EXPECT_FALSE(read.enabled);
  EXPECT_EQ(read.streamspace_version, ">=1");
  EXPECT_EQ(read.minimum_version, "1");
  EXPECT_EQ(read.maximum_version, "2");
  std::vector<std::string> needs;
  for (const auto& n : read.needs) needs.push_back(n.plugin + " " + n.range.value_or("any") + (n.optional ? "?" : ""));
  EXPECT_THAT(needs, ElementsAre("b ^1.0.0", "e any", "f >=1 <3", "c 2?"));
}

std::string numbered(int i) {
  auto digits = std::to_string(i);
  return "p" + std::string(6 - digits.size(), '0') + digits;
}

/// Sizes that would hurt whoever recurses or compares all with all.
class LoadOrderAtSize : public ::testing::Test {
 protected:
  static constexpr int count = 10'000;

  static load_order timed(std::vector<resolvable_plugin> plugins) {
    const auto begin = std::chrono::steady_clock::now();
    auto order = order_of(std::move(plugins));
    RecordProperty("ms", static_cast<int>((std::chrono::steady_clock::now() - begin) / std::chrono::milliseconds{1}));
    return order;
  }

  static std::vector<resolvable_plugin> chain() {
    std::vector<resolvable_plugin> plugins;
    for (int i = 0; i < count; ++i) {
      plugins.push_back(plugin(numbered(i), "1.0.0"));
      if (i + 1 < count) plugins.back().needs.push_back({numbered(i + 1), "^1.0.0"});
    }
    return plugins;
  }
};

TEST_F(LoadOrderAtSize, LoadsALongChain) {
  const auto order = timed(chain());
  ASSERT_EQ(order.to_load().size(), static_cast<std::size_t>(count));
  EXPECT_EQ(order.to_load().front(), numbered(count - 1));
  EXPECT_EQ(order.to_load().back(), numbered(0));
  EXPECT_EQ(order.stopped_before(numbered(count - 1)).size(), static_cast<std::size_t>(count - 1));
  EXPECT_LT(order.why_not_to_stop(numbered(count - 1)).size(), 300U);
}

TEST_F(LoadOrderAtSize, ShortensTheChainOfAFailure) {
  auto plugins = chain();
  plugins.back().needs.push_back({"missing", "1"});
  const auto order = timed(std::move(plugins));
  EXPECT_THAT(order.to_load(), IsEmpty());
  EXPECT_EQ(order.why_refused(numbered(0)),
            "p000000 1.0.0 needs p000001 ^1.0.0, which cannot be loaded (p000000 -> p000001 -> p000002 -> p000003 -> "
            "p000004 -> (9993 more) -> p009998 -> p009999): p009999 1.0.0 needs missing 1, which is not installed");
}

TEST_F(LoadOrderAtSize, ShortensACircle) {
  auto plugins = chain();
  plugins.back().needs.push_back({numbered(0), "*"});
  const auto order = timed(std::move(plugins));
  EXPECT_THAT(order.to_load(), IsEmpty());
  EXPECT_EQ(
      order.why_refused(numbered(5)),
      "p000000 -> p000001 -> p000002 -> p000003 -> (9993 more) -> p009997 -> p009998 -> p009999 -> p000000 depend "
      "on each other");
}

TEST_F(LoadOrderAtSize, LoadsOneThatAllNeedAndOneThatNeedsAll) {
  std::vector<resolvable_plugin> plugins{plugin("base", "1.0.0"), plugin("all", "1.0.0")};
  for (int i = 0; i < count; ++i) {
    plugins.push_back(plugin(numbered(i), "1.0.0", {{"base", "1"}}));
    plugins[1].needs.push_back({numbered(i), "1"});
  }
  const auto order = timed(std::move(plugins));
  EXPECT_EQ(order.to_load().front(), "base");
  EXPECT_EQ(order.to_load().back(), "all");
  EXPECT_EQ(order.needed_by("base").size(), static_cast<std::size_t>(count));
}

TEST_F(LoadOrderAtSize, KeepsEveryOrderOfARandomGraph) {
  std::mt19937 random{11};
  std::vector<resolvable_plugin> plugins;
  for (int i = 0; i < count; ++i) {
    plugins.push_back(plugin(numbered(i), "1." + std::to_string(i % 3) + ".0"));
    for (int n = 0; i > 0 && n < 5; ++n)
      plugins.back().needs.push_back({numbered(static_cast<int>(random() % static_cast<unsigned>(i))), "1.x", n > 2});
  }
  const auto order = timed(plugins);
  ASSERT_EQ(order.to_load().size(), static_cast<std::size_t>(count));
  std::map<std::string, std::size_t> place;
  for (std::size_t i = 0; i < order.to_load().size(); ++i) place[order.to_load()[i]] = i;
  for (const auto& p : plugins)
    for (const auto& n : p.needs) ASSERT_LT(place[n.plugin], place[p.name]);
}

TEST_F(LoadOrderAtSize, ReadsHugeTextsInBoundedSentences) {
  const std::string huge(100'000, '1');
  const auto order = order_of({plugin(huge, huge, {{huge + "2", huge}})});
  ASSERT_EQ(order.refused().size(), 1U);
  EXPECT_LT(order.refused()[0].sentence.size(), 1000U);
}

}  // namespace
}  // namespace streamspace
