// COPY in and out of a plugin's tables, on a real PostgreSQL.
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "obedient_plugin_test.hpp"

namespace streamspace {
namespace {

using namespace std::string_literals;
using testing::code_of;
using testing::failure_of;
using ::testing::HasSubstr;
using testing::sqlstate_of;

class PluginCopy : public testing::obedient_plugin_test {
 protected:
  static int count(plugin_database& db) { return db.query_row("SELECT count(*) FROM t")->get<int>(0); }
};

TEST_F(PluginCopy, KeepsEveryValueThroughTheServerAndBack) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& db = ctx.database();
    const std::vector<std::optional<std::string>> values{std::nullopt,
                                                         "",
                                                         "NULL",
                                                         "\\N",
                                                         "\\.",
                                                         "a\tb",
                                                         "a\nb",
                                                         "a\r\nb",
                                                         "back\\slash",
                                                         "\\t",
                                                         "\"quoted\"",
                                                         "a,b",
                                                         "it's",
                                                         "gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80",
                                                         "\x01\x7F",
                                                         " ",
                                                         std::string(200'000, 'x') + "\n\"\\,\t"};
    db.exec("CREATE TABLE t (i int, \"Text, of a \"\"kind\"\"\" text)");
    db.transaction([&](transaction& tx) {
      auto rows = tx.copy_into("t", {"i", "Text, of a \"kind\""});
      for (std::size_t i = 0; i < values.size(); ++i) rows.row(i, values[i]);
      EXPECT_EQ(rows.finish(), values.size());
    });
    db.transaction([&](transaction& tx) {
      std::size_t i = 0;
      for (const auto row : tx.query("SELECT * FROM t ORDER BY i")) EXPECT_EQ(row.cell(1), values[i++]) << i;
      EXPECT_EQ(i, values.size());
      i = 0;
      for (const auto row : tx.copy_out("SELECT * FROM t ORDER BY i -- as they were written")) {
        EXPECT_EQ(row.get<std::size_t>("i"), i);
        EXPECT_EQ(row.cell("Text, of a \"kind\""), values[i++]) << i;
      }
      EXPECT_EQ(i, values.size());
      EXPECT_EQ(tx.query_row("SELECT 7")->get<int>(0), 7) << "the transaction goes on";
    });
  });
}

TEST_F(PluginCopy, WritesAndReadsMoreThanOnePartHasRoomFor) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& db = ctx.database();
    constexpr int many = 100'000;
    db.exec("CREATE TABLE t (n int, s text)");
    db.transaction([&](transaction& tx) {
      auto rows = tx.copy_into(R"("t")", {});
      for (int n = 0; n < many; ++n) rows.row(n, "some text");
      EXPECT_EQ(rows.finish(), static_cast<std::size_t>(many));
    });
    db.transaction([&](transaction& tx) {
      int expected = 0;
      for (const auto row : tx.copy_out("SELECT * FROM t ORDER BY n")) ASSERT_EQ(row.get<int>("n"), expected++);
      EXPECT_EQ(expected, many);
      for (const auto row : tx.copy_out("SELECT n FROM t WHERE n < 0")) ADD_FAILURE() << row.get<int>("n");
    });
  });
}

TEST_F(PluginCopy, IsPartOfItsTransaction) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& db = ctx.database();
    db.exec("CREATE TABLE t (n int)");
    EXPECT_THROW(db.transaction([](transaction& tx) {
      auto rows = tx.copy_into("t", {"n"});
      rows.row(1);
      rows.finish();
      throw 42;
    }),
                 int);
    EXPECT_EQ(count(db), 0);
  });
}

TEST_F(PluginCopy, RefusesARowThatPostgresqlCannotHoldAndGoesOn) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& db = ctx.database();
    db.exec("CREATE TABLE t (n int, s text)");
    db.transaction([](transaction& tx) {
      auto rows = tx.copy_into("t", {"n", "s"});
      rows.row(1, "good");
      const auto nul = failure_of([&] { rows.row(2, "a\0b"s); });
      ASSERT_TRUE(nul);
      EXPECT_EQ(nul->code(), ec::invalid_argument);
      EXPECT_THAT(nul->message(), HasSubstr("row 2 of the COPY"));
      EXPECT_THAT(nul->message(), HasSubstr("column 's' has a NUL byte at offset 1"));
      EXPECT_THAT(failure_of([&] { rows.row(2, "abc\xff"); })->message(), HasSubstr("is not UTF-8 at offset 3"));
      EXPECT_THAT(failure_of([&] { rows.row(2); })->message(), HasSubstr("1 values for 2 columns"));
      rows.row(2, "good");
      EXPECT_EQ(rows.finish(), 2U);
      EXPECT_EQ(code_of([&] { rows.row(3, "late"); }), ec::conflict);
      EXPECT_EQ(code_of([&] { rows.finish(); }), ec::conflict);
    });
    EXPECT_EQ(count(db), 2);
  });
}

TEST_F(PluginCopy, OfARowThatTheServerRefusesSaysWhyAndCanOnlyBeRolledBack) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& db = ctx.database();
    db.exec("CREATE TABLE t (n int PRIMARY KEY)");
    const auto refused = failure_of([&] {
      db.transaction([](transaction& tx) {
        auto rows = tx.copy_into("t", {"n"});
        rows.row(1);
        rows.row(1);
        EXPECT_EQ(sqlstate_of([&] { rows.finish(); }), "23505");
        EXPECT_EQ(sqlstate_of([&] { tx.exec("INSERT INTO t VALUES (2)"); }), "23505");
      });
    });
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->fact("sqlstate"), "23505") << "nor is it committed";
    EXPECT_EQ(refused->fact("constraint"), "t_pkey");
    EXPECT_EQ(count(db), 0);
    EXPECT_EQ(sqlstate_of([&] { db.transaction([](transaction& tx) { tx.copy_into("nowhere", {"n"}); }); }), "42P01");
    EXPECT_EQ(sqlstate_of([&] {
                db.transaction([](transaction& tx) {
                  for (const auto row : tx.copy_out("SELECT 1 / (1000 - n) AS q FROM generate_series(1, 1000) n"))
                    static_cast<void>(row);
                });
              }),
              "22012");
    EXPECT_EQ(count(db), 0) << "the connections go on";
  });
}

TEST_F(PluginCopy, ThatFailsIsMendedByASavepoint) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& db = ctx.database();
    db.exec("CREATE TABLE t (n int CHECK (n < 100))");
    db.transaction([](transaction& tx) {
      tx.exec("INSERT INTO t VALUES (1)");
      EXPECT_EQ(sqlstate_of([&] {
                  tx.savepoint([&] {
                    auto rows = tx.copy_into("t", {"n"});
                    rows.row(100);
                    rows.finish();
                  });
                }),
                "23514");
      EXPECT_THROW(tx.savepoint([&] {
        auto rows = tx.copy_into("t", {"n"});
        rows.row(2);
        throw 42;
      }),
                   int);
      auto rows = tx.copy_into("t", {"n"});
      rows.row(3);
      rows.finish();
    });
    EXPECT_EQ(db.query_row("SELECT sum(n) FROM t")->get<int>(0), 4);
  });
}

TEST_F(PluginCopy, ThatIsLeftUnfinishedWritesNothingAndIsRolledBack) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& db = ctx.database();
    db.exec("CREATE TABLE t (n int)");
    const auto left = failure_of([&] {
      db.transaction([](transaction& tx) {
        tx.exec("INSERT INTO t VALUES (0)");
        auto rows = tx.copy_into("t", {"n"});
        for (int n = 0; n < 50'000; ++n) rows.row(n);
      });
    });
    ASSERT_TRUE(left) << "it must not look as if it was written";
    EXPECT_EQ(left->fact("sqlstate"), "57014");
    EXPECT_THAT(left->message(), HasSubstr("left before its end"));
    EXPECT_EQ(count(db), 0);
  });
}

TEST_F(PluginCopy, MayBeLeftBeforeItsLastRowWhenTheTransactionIsToEnd) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& db = ctx.database();
    EXPECT_THROW(db.transaction([](transaction& tx) {
      for (const auto row : tx.copy_out("SELECT n, repeat('x', 1000) FROM generate_series(1, 10000000) n"))
        if (row.get<int>("n") == 10) throw row.get<int>("n");
    }),
                 int);
    EXPECT_EQ(db.query_row("SELECT 7")->get<int>(0), 7);
  });
}

TEST_F(PluginCopy, LetsNothingElseRunUntilItHasEnded) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& db = ctx.database();
    db.exec("CREATE TABLE t (n int)");
    db.transaction([](transaction& tx) {
      auto rows = tx.copy_into("t", {"n"});
      EXPECT_EQ(code_of([&] { tx.exec("SELECT 1"); }), ec::conflict);
      EXPECT_EQ(code_of([&] { tx.script("SELECT 1"); }), ec::conflict);
      EXPECT_EQ(code_of([&] { tx.copy_into("t", {"n"}); }), ec::conflict);
      rows.row(1);
      EXPECT_EQ(rows.finish(), 1U);
      EXPECT_EQ(tx.query_row("SELECT n FROM t")->get<int>(0), 1);
    });
    EXPECT_EQ(count(db), 1);
  });
}

TEST_F(PluginCopy, EndsAtTheDeadlineOfAStep) {
  auto settings = with_database();
  settings.database_deadline = std::chrono::milliseconds{1'000};
  const auto rt = started_on_database({obedient("p")}, settings);
  in_turn(*rt, "p", [this](plugin_context& ctx) {
    auto& db = ctx.database();
    db.exec("CREATE TABLE t (n int)");
    {
      pg_connection other{url(), testing::patience};
      other.begin(testing::patience);
      other.execute({"LOCK TABLE plugin_p.t", {}}, testing::patience);
      EXPECT_EQ(code_of([&] { db.transaction([](transaction& tx) { tx.copy_into("t", {"n"}); }); }), ec::timeout);
    }
    EXPECT_EQ(count(db), 0) << "the connections go on";
  });
}

TEST_F(PluginCopy, TakesAsLongAsItsStepsDoTogether) {
  auto settings = with_database();
  settings.database_deadline = std::chrono::milliseconds{1'500};
  const auto rt = started_on_database({obedient("p")}, settings);
  in_turn(*rt, "p", [](plugin_context& ctx) {
    ctx.database().transaction([](transaction& tx) {
      int rows = 0;
      for (const auto row : tx.copy_out("SELECT pg_sleep(0.25)::text, repeat('x', 70000) FROM generate_series(1, 8)"))
        rows += static_cast<int>(row.size()) / 2;
      EXPECT_EQ(rows, 8) << "in two seconds";
    });
  });
}

TEST_F(PluginCopy, EndsWithItsConnection) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [this](plugin_context& ctx) {
    auto& db = ctx.database();
    db.exec("CREATE TABLE t (n int)");
    EXPECT_EQ(code_of([&] {
                db.transaction([this](transaction& tx) {
                  auto rows = tx.copy_into("t", {"n"});
                  rows.row(1);
                  query(
                      "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity "
                      "WHERE datname = current_database() AND query LIKE 'COPY%'");
                  rows.finish();
                });
              }),
              ec::database_unreachable);
    EXPECT_EQ(count(db), 0);
  });
}

}  // namespace
}  // namespace streamspace
