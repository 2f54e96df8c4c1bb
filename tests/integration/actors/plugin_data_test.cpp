// Storage and SQL as a plugin has them, on a real PostgreSQL.
#include <future>
#include <map>
#include <optional>
#include <vector>

#include <caf/all.hpp>
#include <gmock/gmock.h>

#include "obedient_plugin_test.hpp"
#include <streamspace/actors/runtime_actors.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::code_of;
using ::testing::ElementsAre;
using testing::eventually;
using ::testing::IsEmpty;

using PluginData = testing::obedient_plugin_test;

// The original's storage did not serialise maps and strings, gave back raw bytes, and did not escape LIKE.
TEST_F(PluginData, StorageTakesAnyJsonAndGivesItBackOverReloadAndRestart) {
  const json values{{"text", "plain"},
                    {"number", 4.5},
                    {"whole", 9007199254740993},
                    {"list", {1, nullptr, "x"}},
                    {"map", {{"a", 1}}},
                    {"nothing", nullptr},
                    {"yes", true},
                    {"quotes", "\"\\\n\xe2\x82\xac"}};
  const auto expect_all = [&](plugin_context& ctx) {
    for (const auto& [key, value] : values.items()) EXPECT_EQ(ctx.storage().get(key), value) << key;
  };
  {
    const auto rt = started_on_database({obedient("p")});
    in_turn(*rt, "p", [&](plugin_context& ctx) {
      for (const auto& [key, value] : values.items()) ctx.storage().set(key, value);
    });
    in_turn(*rt, "p", expect_all);
    rt->reload("p");
    in_turn(*rt, "p", expect_all);
  }
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", expect_all);
}

TEST_F(PluginData, StorageListsKeysLiterallyAndRemovesAndClears) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& storage = ctx.storage();
    for (const auto* key : {"a%b", "a_b", "axb", "a\\b", "b", "B"}) storage.set(key, 1);
    EXPECT_THAT(storage.keys("a%"), ElementsAre("a%b"));
    EXPECT_THAT(storage.keys("a_"), ElementsAre("a_b"));
    EXPECT_THAT(storage.keys("a\\"), ElementsAre("a\\b"));
    EXPECT_THAT(storage.keys(), ElementsAre("B", "a%b", "a\\b", "a_b", "axb", "b"));
    EXPECT_TRUE(storage.remove("b"));
    EXPECT_FALSE(storage.remove("b"));
    EXPECT_EQ(storage.get("b"), std::nullopt);
    EXPECT_EQ(storage.clear(), 5U);
    EXPECT_THAT(storage.keys(), IsEmpty());
  });
}

TEST_F(PluginData, StorageKeepsPluginsApart) {
  const auto rt = started_on_database({obedient("one"), obedient("two")});
  in_turn(*rt, "one", [](plugin_context& ctx) { ctx.storage().set("k", "of one"); });
  in_turn(*rt, "two", [](plugin_context& ctx) {
    EXPECT_EQ(ctx.storage().get("k"), std::nullopt);
    EXPECT_EQ(ctx.storage().clear(), 0U);
  });
  in_turn(*rt, "one", [](plugin_context& ctx) { EXPECT_EQ(ctx.storage().get<std::string>("k"), "of one"); });
}

TEST_F(PluginData, StorageKeepsWhenAKeyWasMadeAndMovesWhenItWasChanged) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) { ctx.storage().set("k", 1); });
  query("UPDATE plugin_storage SET created_at = '2020-01-01Z', updated_at = '2020-01-01Z'");
  in_turn(*rt, "p", [](plugin_context& ctx) { ctx.storage().set("k", 2); });
  const auto row =
      query("SELECT created_at = '2020-01-01Z' AS kept, updated_at > '2020-01-02Z' AS moved FROM plugin_storage")[0];
  EXPECT_TRUE(row.get<bool>("kept"));
  EXPECT_TRUE(row.get<bool>("moved"));
}

TEST_F(PluginData, StorageAddsAndRefusesWhatIsNoNumber) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    EXPECT_EQ(ctx.storage().increment("n"), 1);
    EXPECT_EQ(ctx.storage().increment("n", 2.5), 3.5);
    ctx.storage().set("text", "x");
    EXPECT_EQ(code_of([&] { ctx.storage().increment("text"); }), ec::invalid_argument);
    EXPECT_EQ(code_of([&] { ctx.storage().set("", 1); }), ec::invalid_argument);
    EXPECT_EQ(code_of([&] { ctx.storage().set("k", std::string("\0", 1)); }), ec::invalid_argument);
    EXPECT_EQ(code_of([&] { ctx.storage().get(std::string("\0", 1)); }), ec::invalid_argument);
  });
}

TEST_F(PluginData, StorageForgetsWhatHasExpired) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [this](plugin_context& ctx) {
    auto& storage = ctx.storage();
    storage.set("short", 1, 1h);
    storage.set("renewed", 2, 1h);
    storage.set("renewed", 3);
    storage.set_many({{"a", 1}, {"b", 2}}, 1h);
    storage.set("number", 5, 1h);
    storage.set("lasts", 6);
    EXPECT_EQ(storage.get("short"), 1);
    query(
        "UPDATE plugin_storage SET expires_at = now() - interval '1 s', created_at = '2020-01-01Z' "
        "WHERE expires_at IS NOT NULL");
    EXPECT_EQ(storage.get("short"), std::nullopt);
    EXPECT_THAT(storage.keys(), ElementsAre("lasts", "renewed"));
    EXPECT_EQ(storage.get_many({"a", "b", "lasts"}), (std::map<std::string, json>{{"lasts", 6}}));
    EXPECT_FALSE(storage.remove("short"));
    EXPECT_EQ(storage.increment("number", 2), 2) << "as if it was absent";
    EXPECT_FALSE(storage.compare_and_set("a", 1, 3));
    EXPECT_TRUE(storage.compare_and_set("a", std::nullopt, 3));
    storage.set("b", 4);
    EXPECT_EQ(storage.get("b"), 4);
    EXPECT_EQ(code_of([&] { storage.set("k", 1, 0ms); }), ec::invalid_argument);
  });
  EXPECT_EQ(query("SELECT count(*) FROM plugin_storage WHERE expires_at IS NOT NULL OR created_at < '2020-01-02Z'")[0]
                .get<int>(0),
            0)
      << "what takes an expired one's place is new and lasts";
}

TEST_F(PluginData, StorageSwapsOnlyWhatIsExpectedWhoeverElseChangesIt) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& storage = ctx.storage();
    EXPECT_FALSE(storage.compare_and_set("k", 1, 2));
    EXPECT_TRUE(storage.compare_and_set("k", std::nullopt, std::nullopt));
    EXPECT_TRUE(storage.compare_and_set("k", std::nullopt, json{{"a", 1}, {"b", nullptr}}));
    EXPECT_FALSE(storage.compare_and_set("k", std::nullopt, 2));
    EXPECT_TRUE(storage.compare_and_set("k", json{{"b", nullptr}, {"a", 1.0}}, nullptr)) << "the same as JSON";
    EXPECT_TRUE(storage.compare_and_set("k", nullptr, 0)) << "null is a value";
    constexpr int each = 20;
    std::vector<std::future<void>> adders;
    for (int i = 0; i < 4; ++i)
      adders.push_back(std::async(std::launch::async, [&] {
        for (int n = 0; n < each; ++n)
          while (true) {
            const auto seen = storage.get<int>("k").value();
            if (storage.compare_and_set("k", seen, seen + 1)) break;
          }
      }));
    for (auto& adder : adders) adder.get();
    EXPECT_EQ(storage.get("k"), 4 * each);
    EXPECT_TRUE(storage.compare_and_set("k", 4 * each, std::nullopt));
    EXPECT_EQ(storage.get("k"), std::nullopt);
  });
}

TEST_F(PluginData, StorageSetsManyOrNone) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& storage = ctx.storage();
    std::map<std::string, json> many;
    std::vector<std::string> names;
    for (int i = 0; i < 3'000; ++i) {
      names.push_back("key " + std::to_string(i));
      many[names.back()] = i;
    }
    storage.set_many(many);
    EXPECT_EQ(storage.get_many(names), many);
    EXPECT_THAT(storage.get_many({"absent"}), IsEmpty());
    EXPECT_THAT(storage.get_many({}), IsEmpty());
    many["key 17"] = std::string("\0", 1);
    for (auto& [key, value] : many)
      if (key != "key 17") value = "new";
    EXPECT_EQ(code_of([&] { storage.set_many(many); }), ec::invalid_argument);
    EXPECT_EQ(storage.get("key 2999"), 2999);
    std::vector<std::string> paged;
    while (true) {
      const auto page = storage.keys("key ", paged.empty() ? "" : paged.back(), 700);
      paged.insert(paged.end(), page.begin(), page.end());
      if (page.size() < 700) break;
    }
    EXPECT_EQ(paged, storage.keys("key "));
    EXPECT_EQ(paged.size(), 3'000U);
  });
}

TEST_F(PluginData, StorageRunsNoDataDefinition) {
  const auto rt = started_on_database({obedient("p")});
  query(
      "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE EXCEPTION 'no data definition now'; END $$");
  query("CREATE EVENT TRIGGER no_ddl ON ddl_command_start EXECUTE FUNCTION refuse()");
  in_turn(*rt, "p", [](plugin_context& ctx) {
    ctx.storage().set("k", 1);
    EXPECT_EQ(ctx.storage().get("k"), 1);
    EXPECT_THAT(ctx.storage().keys(), ElementsAre("k"));
  });
}

TEST_F(PluginData, ATransactionCommitsWhenItsBodyReturnsAndRollsBackWhenItThrows) {
  const auto rt = started_on_database({obedient("p-1")});
  in_turn(*rt, "p-1", [](plugin_context& ctx) {
    auto& db = ctx.database();
    db.create_table("notes", "id bigserial PRIMARY KEY, text text NOT NULL");
    db.create_table("notes", "id bigserial PRIMARY KEY");  // There already: nothing happens.
    const auto table = db.table("notes");
    EXPECT_EQ(table, "\"plugin_p_1_notes\"");
    const auto made = db.transaction([&](transaction& tx) {
      EXPECT_EQ(tx.exec("INSERT INTO " + table + "(text) VALUES ($1)", "kept"), 1U);
      return tx.query_row("SELECT count(*) AS n FROM " + table)->get<int>("n");
    });
    EXPECT_EQ(made, 1);
    EXPECT_THROW(db.transaction([&](transaction& tx) {
      tx.exec("INSERT INTO " + table + "(text) VALUES ($1)", "lost");
      throw 42;
    }),
                 int);
    EXPECT_EQ(code_of([&] {
                db.transaction([&](transaction& tx) {
                  tx.exec("INSERT INTO " + table + "(text) VALUES ($1)", "lost");
                  tx.exec("INSERT INTO " + table + "(text) VALUES ($1)", nullptr);
                });
              }),
              ec::database_error);
    EXPECT_EQ(db.query_row("SELECT string_agg(text, ',') AS all FROM " + table)->get<std::string>("all"), "kept");
  });
}

TEST_F(PluginData, AQueryStreamsItsRowsInBatches) {
  auto settings = with_database();
  settings.database_connections = 1;
  const auto rt = started_on_database({obedient("p")}, settings);
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& db = ctx.database();
    int next = 1;
    for (const auto row : db.query("SELECT n FROM generate_series(1, $1::int) AS n", 5'000))
      EXPECT_EQ(row.get<int>("n"), next++);
    EXPECT_EQ(next, 5'001);
    for (const auto row : db.query("SELECT generate_series(1, 1000000000) AS n, repeat('x', 1000)")) {
      EXPECT_EQ(row.get<int>("n"), 1);
      break;  // Left in the middle: the only connection must come back.
    }
    for (const auto row : db.query("SELECT 1 WHERE false")) ADD_FAILURE() << row.size();
    EXPECT_EQ(db.exec("SELECT 1"), 1U);
  });
}

TEST_F(PluginData, AQueryTakesEffectOnceItsLastRowHasCome) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& db = ctx.database();
    db.exec("CREATE TABLE t (n int)");
    int next = 1;
    for (const auto row : db.query("INSERT INTO t SELECT generate_series(1, 3) RETURNING n"))
      EXPECT_EQ(row.get<int>("n"), next++);
    EXPECT_EQ(db.query_row("SELECT count(*) FROM t")->get<int>(0), 3);
  });
}

TEST_F(PluginData, AQueryWhoseConnectionIsLostNeverSeemsToHaveEnded) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [this](plugin_context& ctx) {
    int rows = 0;
    const auto lost = testing::failure_of([&] {
      for (const auto row :
           ctx.database().query("SELECT pg_backend_pid(), repeat('x', 1000), generate_series(1, 1000000000)"))
        if (rows++ == 0) query("SELECT pg_terminate_backend($1)", {row.get<int>(0)});
    });
    ASSERT_TRUE(lost);
    EXPECT_EQ(lost->code(), ec::database_unreachable) << lost->message();
    EXPECT_EQ(ctx.database().query_row("SELECT 1")->get<int>(0), 1);
  });
}

TEST_F(PluginData, TheOnlyConnectionComesBackFromAHundredFailingTransactions) {
  auto settings = with_database();
  settings.database_connections = 1;
  const auto rt = started_on_database({obedient("p")}, settings);
  in_turn(*rt, "p", [](plugin_context& ctx) {
    for (int i = 0; i < 100; ++i)
      EXPECT_THROW(ctx.database().transaction([](transaction& tx) {
        tx.exec("SELECT 1");
        throw std::runtime_error{"no"};
      }),
                   std::runtime_error);
    ctx.storage().set("k", 1);
  });
}

TEST_F(PluginData, ACallEndsAtTheRuntimesDeadline) {
  auto settings = with_database();
  settings.database_deadline = 100ms;
  const auto rt = started_on_database({obedient("p")}, settings);
  in_turn(*rt, "p", [](plugin_context& ctx) {
    EXPECT_EQ(code_of([&] { ctx.database().exec("SELECT pg_sleep(60)"); }), ec::timeout);
    EXPECT_EQ(ctx.database().exec("SELECT 1"), 1U);
  });
}

TEST_F(PluginData, ALostConnectionIsAnErrorAndThenAllIsWellAgain) {
  const auto rt = started_on_database({obedient("p")});
  const auto terminate_all = [&] {
    query(
        "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()");
  };
  in_turn(*rt, "p", [&](plugin_context& ctx) {
    ctx.database().create_table("t", "n int");
    const auto table = ctx.database().table("t");
    EXPECT_EQ(code_of([&] {
                ctx.database().transaction([&](transaction& tx) {
                  tx.exec("INSERT INTO " + table + " VALUES (1)");
                  terminate_all();
                  try {
                    tx.exec("INSERT INTO " + table + " VALUES (2)");
                  } catch (const error&) {  // A body that goes on regardless must not write outside of its transaction.
                  }
                  tx.exec("INSERT INTO " + table + " VALUES (3)");
                });
              }),
              ec::database_unreachable);
    EXPECT_EQ(ctx.database().query_row("SELECT count(*) AS n FROM " + table)->get<int>("n"), 0);
    ctx.storage().set("k", 1);
  });
  terminate_all();
  in_turn(*rt, "p", [](plugin_context& ctx) { EXPECT_EQ(ctx.storage().get("k"), 1); });
  EXPECT_TRUE(rt->reload("p").enabled());
}

TEST_F(PluginData, ATransactionWhoseConnectionWasLostFailsThoughItsBodyTakesNoNotice) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [&](plugin_context& ctx) {
    auto& db = ctx.database();
    db.create_table("t", "n int");
    const auto table = db.table("t");
    EXPECT_EQ(code_of([&] {
                db.transaction([&](transaction& tx) {
                  tx.exec("INSERT INTO " + table + " VALUES (1)");
                  query(
                      "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity "
                      "WHERE datname = current_database() AND state = 'idle in transaction'");
                  for (int n : {2, 3}) try {
                      tx.exec("INSERT INTO " + table + " VALUES ($1)", n);
                    } catch (const error&) {
                    }
                });
              }),
              ec::database_unreachable);
    EXPECT_EQ(db.query_row("SELECT count(*) AS n FROM " + table)->get<int>("n"), 0);
    db.transaction([&](transaction& tx) { tx.exec("INSERT INTO " + table + " VALUES (4)"); });
    EXPECT_EQ(db.query_row("SELECT sum(n) AS n FROM " + table)->get<int>("n"), 4);
  });
}

TEST_F(PluginData, MigrateRunsAllOfAScriptOrNothing) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    const auto table = ctx.database().table("m");
    EXPECT_EQ(code_of([&] { ctx.database().migrate("CREATE TABLE " + table + " (n int); SELECT * FROM nowhere;"); }),
              ec::database_error);
    EXPECT_EQ(code_of([&] { ctx.database().exec("SELECT * FROM " + table); }), ec::database_error);
    ctx.database().migrate("CREATE TABLE " + table + " (n int); INSERT INTO " + table + " VALUES (1);");
    EXPECT_EQ(ctx.database().exec("SELECT * FROM " + table), 1U);
  });
}

TEST_F(PluginData, WithoutADatabaseSqlIsRefusedAndStorageIsKeptInMemory) {
  const auto rt = running({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    EXPECT_EQ(code_of([&] { ctx.database().exec("SELECT 1"); }), ec::unavailable);
    EXPECT_EQ(code_of([&] { ctx.database().transaction([](transaction&) {}); }), ec::unavailable);
    ctx.storage().set("k", {{"a", 1}});
  });
  rt->reload("p");
  in_turn(*rt, "p", [](plugin_context& ctx) { EXPECT_EQ(ctx.storage().get("k"), (json{{"a", 1}})); });
}

TEST_F(PluginData, StopIsNotHeldUpByAStatementOfSomebodyElse) {
  const auto rt = started_on_database({obedient("p")});
  const auto actors = actors_of(*rt);
  auto slow = std::async(std::launch::async, [&] {
    caf::scoped_actor self{actors.system};
    std::optional<error> failure;
    self->request(actors.database, 600s, atom::exec_v, sql_statement{"SELECT pg_sleep(600) /* held */", {}},
                  sql_deadline{600s})
        .receive([](const sql_result&) {}, [&](const caf::error& e) { failure = from_caf(e); });
    return failure;
  });
  ASSERT_TRUE(eventually([&] {
    return query("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%/* held */'")[0]
               .get<int>(0) == 1;
  }));
  rt->stop();
  EXPECT_TRUE(slow.get());
}

}  // namespace
}  // namespace streamspace
