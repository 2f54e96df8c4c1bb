#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>

#include <streamspace/persistence/installed_plugin_sql.hpp>
#include <streamspace/persistence/pg_connection.hpp>
#include <streamspace/persistence/storage_sql.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using testing::failure_of;
using ::testing::IsEmpty;
using testing::patience;

class InstalledPlugins : public testing::postgres_test {
 protected:
  sql_result run(const sql_statement& statement) { return connection_.execute(statement, patience); }
  installed_plugin install(const std::string& name, bool enabled = true) {
    installed_plugin p;
    p.name = name;
    p.version = "1.0.0";
    p.enabled = enabled;
    p.installed_by = "ann";
    return read_installed_plugin(run(install_plugin(p))[0]);
  }

  pg_connection connection_{connect()};
};

TEST_F(InstalledPlugins, ComeBackAsTheyWereInstalled) {
  installed_plugin p;
  p.name = "streamspace-slack";
  p.version = "1.2.0";
  p.enabled = false;
  p.config = {{"channel", "#general"}, {"retries", 3}};
  p.installed_by = "ann";
  auto stored = read_installed_plugin(run(install_plugin(p))[0]);
  EXPECT_GT(stored.id, 0);
  EXPECT_EQ(stored.installed_at, stored.updated_at);
  p.id = stored.id;
  p.installed_at = p.updated_at = stored.installed_at;
  EXPECT_EQ(stored, p);
}

TEST_F(InstalledPlugins, KeepTheirIdAndHistoryWhenInstalledAgain) {
  const auto first = install("slack");
  installed_plugin again;
  again.name = "slack";
  again.version = "2.0.0";
  again.config = {{"a", 1}};
  again.installed_by = "bob";
  const auto second = read_installed_plugin(run(install_plugin(again))[0]);
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(second.version, "2.0.0");
  EXPECT_EQ(second.config, (json{{"a", 1}}));
  EXPECT_EQ(second.installed_by, "ann");
  EXPECT_EQ(second.installed_at, first.installed_at);
  EXPECT_GT(second.updated_at, first.updated_at);
}

TEST_F(InstalledPlugins, AreLeftAloneWhenPresent) {
  EXPECT_EQ(run(install_plugin_unless_present("audit", "1.0.0")).size(), 1u);
  run(set_plugin_enabled("audit", false));
  EXPECT_TRUE(run(install_plugin_unless_present("audit", "2.0.0")).empty());
  const auto present = read_installed_plugin(run(find_installed_plugin("audit"))[0]);
  EXPECT_EQ(present.version, "1.0.0");
  EXPECT_FALSE(present.enabled);
}

TEST_F(InstalledPlugins, AreFoundByNameAndByNumber) {
  const auto slack = install("slack");
  EXPECT_EQ(read_installed_plugin(run(find_installed_plugin("slack"))[0]), slack);
  EXPECT_EQ(read_installed_plugin(run(find_installed_plugin(std::to_string(slack.id)))[0]), slack);
  EXPECT_TRUE(run(find_installed_plugin("none")).empty());
  EXPECT_TRUE(run(find_installed_plugin("99999999999999999999999")).empty());
}

TEST_F(InstalledPlugins, PutANameThatLooksLikeANumberFirst) {
  const auto slack = install("slack");
  const auto number = install(std::to_string(slack.id));
  EXPECT_EQ(read_installed_plugin(run(find_installed_plugin(std::to_string(slack.id)))[0]), number);
  run(remove_installed_plugin(std::to_string(slack.id)));
  EXPECT_EQ(run(find_installed_plugin("slack")).size(), 1u);
}

TEST_F(InstalledPlugins, AreListedByNameAndByWhetherTheyAreEnabled) {
  install("b");
  install("a-b");
  install("ab", false);
  const auto names = [&](const sql_statement& statement) {
    std::vector<std::string> found;
    for (const auto& p : read_installed_plugins(run(statement))) found.push_back(p.name);
    return found;
  };
  EXPECT_THAT(names(list_installed_plugins()), ElementsAre("a-b", "ab", "b"));
  EXPECT_THAT(names(list_enabled_plugins()), ElementsAre("a-b", "b"));
  EXPECT_THAT(names(list_installed_plugins(false)), ElementsAre("ab"));
}

TEST_F(InstalledPlugins, AreEnabledConfiguredAndRemoved) {
  const auto slack = install("slack");
  EXPECT_FALSE(read_installed_plugin(run(set_plugin_enabled("slack", false))[0]).enabled);
  EXPECT_EQ(read_installed_plugin(run(set_plugin_config(std::to_string(slack.id), {{"x", "%"}}))[0]).config,
            (json{{"x", "%"}}));
  EXPECT_EQ(read_installed_plugin(run(remove_installed_plugin("slack"))[0]).id, slack.id);
  EXPECT_TRUE(run(set_plugin_enabled("slack", true)).empty());
  EXPECT_TRUE(run(set_plugin_config("slack", json::object())).empty());
  EXPECT_TRUE(run(remove_installed_plugin("slack")).empty());
}

TEST_F(InstalledPlugins, RefuseWhatCannotBe) {
  install("slack");
  const auto no_object = failure_of([&] { run(set_plugin_config("slack", json::array())); });
  ASSERT_TRUE(no_object);
  EXPECT_EQ(explain_installed_plugin_error(*no_object).code(), ec::invalid_argument);
  const auto bad_name = failure_of([&] { install("../etc"); });
  ASSERT_TRUE(bad_name);
  EXPECT_EQ(explain_installed_plugin_error(*bad_name).code(), ec::invalid_argument);
}

class PluginStorage : public testing::postgres_test {
 protected:
  sql_result run(const sql_statement& statement) { return connection_.execute(statement, patience); }
  std::vector<std::optional<std::string>> ask_all(const std::vector<storage_request>& requests) {
    return read_storage_answers(requests, run(storage_statement(requests)));
  }
  /// What comes of one request.
  std::optional<json> ask(storage_request request) {
    const auto answer = ask_all({std::move(request)}).at(0);
    return answer ? std::optional{json::parse(*answer)} : std::nullopt;
  }
  void set(const std::string& key, const json& value) { ask(set_stored("p", key, value)); }
  std::optional<json> get(const std::string& key) { return ask(get_stored("p", key)); }
  std::vector<std::string> keys(const std::string& prefix, const std::string& after = "", int limit = 100) {
    return read_stored_keys(run(list_stored_keys("p", prefix, after, limit)));
  }

  pg_connection connection_{connect()};
};

// SPEC 6.11: `set` did not serialise, `get` gave raw bytes, LIKE was not escaped, DDL ran on every call.

TEST_F(PluginStorage, GivesBackAnyJsonAsItWasSet) {
  for (const json& value :
       {json(nullptr), json(true), json(42), json(-1.5), json(0.1), json("text"), json("\"quoted\" \\ ü \u0001"),
        json(""), json::array(), json::object(), json{{"nested", {{"list", {1, "two", nullptr, {{"x", false}}}}}}},
        json(18446744073709551615u), json(1e300)}) {
    set("key", value);
    EXPECT_EQ(get("key"), value) << value;
  }
}

TEST_F(PluginStorage, TellsAbsentFromNull) {
  set("null", nullptr);
  EXPECT_EQ(get("null"), json(nullptr));
  EXPECT_EQ(get("absent"), std::nullopt);
}

TEST_F(PluginStorage, KeepsTheFirstTimeAndMovesTheLast) {
  const auto times = [&] {
    const auto row = run({"SELECT created_at, updated_at FROM plugin_storage WHERE key = 'k'", {}})[0];
    return std::pair{row.get<timestamp>(0), row.get<timestamp>(1)};
  };
  set("k", 1);
  const auto first = times();
  EXPECT_EQ(first.first, first.second);
  set("k", 2);
  const auto second = times();
  EXPECT_EQ(second.first, first.first);
  EXPECT_GT(second.second, first.second);
}

TEST_F(PluginStorage, TakesAPrefixLiterally) {
  for (const auto* key : {"50%", "50x", "a_b", "axb", R"(c\d)", "cd", "50%off"}) set(key, 1);
  EXPECT_THAT(keys("50%"), ElementsAre("50%", "50%off"));
  EXPECT_THAT(keys("a_"), ElementsAre("a_b"));
  EXPECT_THAT(keys("c\\"), ElementsAre(R"(c\d)"));
  EXPECT_THAT(keys("zzz"), IsEmpty());
}

TEST_F(PluginStorage, SortsKeysByTheirBytes) {
  for (const auto* key : {"b", "B", "a", "ä", "_", "10", "9"}) set(key, 1);
  EXPECT_THAT(keys(""), ElementsAre("10", "9", "B", "_", "a", "b", "ä"));
}

TEST_F(PluginStorage, GivesKeysInPages) {
  for (int i = 0; i < 7; ++i) set("k" + std::to_string(i), i);
  EXPECT_THAT(keys("k", "", 3), ElementsAre("k0", "k1", "k2"));
  EXPECT_THAT(keys("k", "k2", 3), ElementsAre("k3", "k4", "k5"));
  EXPECT_THAT(keys("k", "k5", 3), ElementsAre("k6"));
}

TEST_F(PluginStorage, SaysWhetherAKeyWasRemoved) {
  set("k", 1);
  EXPECT_TRUE(ask(remove_stored("p", "k")));
  EXPECT_FALSE(ask(remove_stored("p", "k")));
}

TEST_F(PluginStorage, KeepsPluginsApart) {
  set("k", 1);
  ask(set_stored("other", "k", 2));
  EXPECT_EQ(run(clear_stored("p")).affected(), 1u);
  EXPECT_EQ(get("k"), std::nullopt);
  EXPECT_EQ(ask(get_stored("other", "k")), json(2));
  EXPECT_EQ(read_stored_count(run(count_stored("other"))), 1u);
  EXPECT_EQ(read_stored_count(run(count_stored("p"))), 0u);
}

TEST_F(PluginStorage, AddsToNumbersExactly) {
  EXPECT_EQ(ask(increment_stored("p", "n", 0.1)), 0.1);
  EXPECT_EQ(ask(increment_stored("p", "n", 0.2)), 0.3);
  EXPECT_EQ(ask(increment_stored("p", "n", -1)), -0.7);
  set("whole", 41);
  ask(increment_stored("p", "whole", 1));
  EXPECT_EQ(get("whole"), json(42));
}

TEST_F(PluginStorage, LosesNoIncrementOfCallersAtOnce) {
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i)
    callers.emplace_back([&] {
      auto mine = connect();
      for (int n = 0; n < 50; ++n) mine.execute(storage_statement({increment_stored("p", "n", 1)}), patience);
    });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(get("n"), json(200));
}

TEST_F(PluginStorage, AddsNothingToWhatIsNoNumber) {
  set("k", "text");
  EXPECT_EQ(ask(increment_stored("p", "k", 1)), std::nullopt);
  EXPECT_EQ(get("k"), json("text"));
}

TEST_F(PluginStorage, DoesManyRequestsOfAKindAtOnce) {
  const std::vector<std::string> keys{"b", "a", R"(q"uo\te,{}")", "NULL", "ü", " "};
  std::vector<storage_request> requests;
  for (std::size_t i = 0; i < keys.size(); ++i) requests.push_back(set_stored("p", keys[i], i));
  ask_all(requests);
  requests.clear();
  for (const auto& key : keys) requests.push_back(get_stored("p", key));
  requests.push_back(get_stored("p", "absent"));
  const auto values = ask_all(requests);
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(values[i], std::to_string(i)) << keys[i];
  EXPECT_EQ(values.back(), std::nullopt);
  set("a", "text");
  EXPECT_THAT(ask_all({increment_stored("p", "b", 5), increment_stored("p", "a", 1), increment_stored("q", "b", 2)}),
              ElementsAre("5", std::nullopt, "2"));
  // A row that was removed answers with the bytes that its plugin gets back of its quota: key, value and 128.
  EXPECT_THAT(ask_all({remove_stored("p", "absent"), remove_stored("p", "b"), remove_stored("p", " ")}),
              ElementsAre(std::nullopt, "130", "130"));
  EXPECT_EQ(get("b"), std::nullopt);
  EXPECT_EQ(ask(get_stored("q", "b")), json(2));
}

TEST_F(PluginStorage, RefusesKeysThatAreEmptyOrTooLong) {
  for (const auto& key : {std::string{}, std::string(513, 'x')}) {
    const auto refusal = failure_of([&] { set(key, 1); });
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code(), ec::invalid_argument);
  }
  set(std::string(512, 'x'), 1);
  EXPECT_EQ(get(std::string(512, 'x')), json(1));
}

TEST_F(PluginStorage, TakesALargeAndADeepValue) {
  json deep = 1;
  for (int i = 0; i < 500; ++i) deep = json::array({std::move(deep)});
  set("deep", deep);
  EXPECT_EQ(get("deep"), deep);
  const json large = std::string(1'000'000, 'x');
  set("large", large);
  EXPECT_EQ(get("large"), large);
}

}  // namespace
}  // namespace streamspace
