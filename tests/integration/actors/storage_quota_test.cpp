// What keeps a plugin's storage within its quota, on a real PostgreSQL.
#include <atomic>
#include <future>
#include <vector>

#include <caf/all.hpp>
#include <gmock/gmock.h>

#include "obedient_plugin_test.hpp"
#include <streamspace/actors/db_pool.hpp>
#include <streamspace/actors/quota_keeper.hpp>
#include <streamspace/persistence/storage_sql.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::code_of;
using testing::eventually;
using testing::failure_of;
using testing::patience;

constexpr std::uint64_t quota = 100'000;

class StorageQuota : public testing::obedient_plugin_test {
 protected:
  runtime_options with_quota(std::uint64_t bytes = quota) {
    auto settings = with_database();
    settings.plugin_storage_quota = bytes;
    return settings;
  }
  std::uint64_t stored(const std::string& plugin = "p") {
    return read_stored_count(query(measure_stored(plugin).text, {plugin}));
  }
  /// Sets keys of a thousand bytes each until one is refused; how many were not.
  static int fill(plugin_storage& storage, const std::string& prefix) {
    for (int n = 0;; ++n)
      if (code_of([&] { storage.set(prefix + std::to_string(n), std::string(870, 'x')); }) == ec::quota_exceeded ||
          n == 1'000)
        return n;
  }
};

TEST_F(StorageQuota, CountsInTheDatabaseAsTheHostDoes) {
  const auto rt = started_on_database({obedient("p")});
  std::uint64_t expected = 0;
  in_turn(*rt, "p", [&](plugin_context& ctx) {
    for (const json& value : {json(nullptr), json(true), json(12.5), json("te\"x\\t\n\x01 \xe2\x82\xac"), json::array(),
                              json{{"a", {1, "b", {{"c", "d,:"}}}}, {"e", json::object()}}}) {
      const auto key = "key " + std::to_string(expected);
      ctx.storage().set(key, value);
      expected += stored_bytes(key, value.dump());
    }
  });
  EXPECT_EQ(stored(), expected);
  in_turn(*rt, "p", [&](plugin_context& ctx) { ctx.storage().set("large", {1e300, -2.5e-7, 1e16}); });
  const auto large = stored_bytes("large", json{1e300, -2.5e-7, 1e16}.dump());
  EXPECT_LE(stored(), expected + large);
  EXPECT_GE(stored() + 20, expected + large);
}

TEST_F(StorageQuota, RefusesWhatWouldBeMoreAndSaysHowMuchIsUsed) {
  const auto rt = started_on_database({obedient("p"), obedient("other")}, with_quota());
  in_turn(*rt, "p", [this](plugin_context& ctx) {
    auto& storage = ctx.storage();
    const auto written = fill(storage, "k");
    EXPECT_LE(stored(), quota);
    EXPECT_GE(stored(), quota - 1'100);
    EXPECT_EQ(storage.keys().size(), static_cast<std::size_t>(written));
    const json large(std::string(2'000, 'x'));
    EXPECT_EQ(code_of([&] { storage.set_many({{"a", large}, {"b", large}}); }), ec::quota_exceeded);
    EXPECT_EQ(code_of([&] { storage.compare_and_set("a", std::nullopt, large); }), ec::quota_exceeded);
    const auto refused = failure_of([&] { storage.set("a", large); });
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->fact("used"), std::to_string(stored()));
    EXPECT_EQ(refused->fact("quota"), std::to_string(quota));
    EXPECT_EQ(refused->fact("needed"), std::to_string(stored_bytes("a", large.dump())));
    EXPECT_EQ(code_of([&] { storage.set("a", std::string(2 * quota, 'x')); }), ec::quota_exceeded);
    EXPECT_EQ(storage.get("a"), std::nullopt);
  });
  in_turn(*rt, "other", [](plugin_context& ctx) { ctx.storage().set("k", std::string(1'000, 'x')); });
}

TEST_F(StorageQuota, IsFreedByWhatIsRemovedAndTakesWhatGrowsNothing) {
  const auto rt = started_on_database({obedient("p")}, with_quota());
  in_turn(*rt, "p", [this](plugin_context& ctx) {
    auto& storage = ctx.storage();
    storage.increment("n");
    const auto written = fill(storage, "k");
    const json same(std::string(870, 'y'));
    for (int round = 0; round < 200; ++round) storage.set("k1", same);
    EXPECT_EQ(storage.increment("n"), 2);
    EXPECT_TRUE(storage.compare_and_set("k1", same, std::string(870, 'z')));
    EXPECT_TRUE(storage.remove("k0"));
    storage.set("k0", same);
    EXPECT_EQ(code_of([&] { storage.set("more", same); }), ec::quota_exceeded);
    storage.set("k1", 1);
    storage.set("k1", same);
    EXPECT_TRUE(storage.compare_and_set("k0", same, std::nullopt));
    storage.set("k0", same);
    storage.clear();
    EXPECT_GE(fill(storage, "k"), written);
    EXPECT_LE(stored(), quota);
  });
}

TEST_F(StorageQuota, IsNotUsedUpByWritingTheSameKeyAgainAndAgain) {
  const auto rt = started_on_database({obedient("p")}, with_quota());
  in_turn(*rt, "p", [](plugin_context& ctx) {
    const json value(std::string(20'000, 'x'));
    for (int round = 0; round < 50; ++round) ctx.storage().set("k", value);
    for (int round = 0; round < 2'000; ++round) ctx.storage().increment("n");
  });
}

TEST_F(StorageQuota, HoldsForManyWhoWriteAtTheSameTime) {
  const auto rt = started_on_database({obedient("p")}, with_quota());
  in_turn(*rt, "p", [](plugin_context& ctx) {
    std::vector<std::future<int>> writers;
    for (int w = 0; w < 8; ++w)
      writers.push_back(
          std::async(std::launch::async, [&, w] { return fill(ctx.storage(), std::to_string(w) + ":"); }));
    int written = 0;
    for (auto& each : writers) written += each.get();
    EXPECT_GE(written, 90);
  });
  EXPECT_LE(stored(), quota);
}

TEST_F(StorageQuota, IsExactAfterARestartAndSeesWhatOthersRemove) {
  int written = 0;
  {
    const auto rt = started_on_database({obedient("p")}, with_quota());
    in_turn(*rt, "p", [&](plugin_context& ctx) { written = fill(ctx.storage(), "k"); });
  }
  const auto rt = started_on_database({obedient("p")}, with_quota());
  in_turn(*rt, "p", [&](plugin_context& ctx) {
    EXPECT_EQ(fill(ctx.storage(), "other"), 0);
    query("DELETE FROM plugin_storage WHERE key < 'k5'");
    EXPECT_TRUE(eventually([&] { return !failure_of([&] { ctx.storage().set("k0", std::string(870, 'x')); }); }));
  });
}

TEST_F(StorageQuota, IsLoweredByTheManifest) {
  auto modest = obedient("p");
  modest.manifest.extra["resources"] = {{"storageBytes", 10'000}};
  auto wrong = obedient("wrong");
  wrong.manifest.extra["resources"] = {{"storageBytes", "much"}};
  const auto rt = started_on_database({modest, wrong}, with_quota());
  in_turn(*rt, "p", [](plugin_context& ctx) { EXPECT_LT(fill(ctx.storage(), "k"), 11); });
  EXPECT_EQ(code_of([&] { rt->load({.name = "wrong"}); }), ec::invalid_argument);
}

TEST_F(StorageQuota, IsNoneWhereNoneIsWanted) {
  const auto rt = started_on_database({obedient("p")}, with_quota(0));
  in_turn(*rt, "p", [](plugin_context& ctx) { ctx.storage().set("k", std::string(2 * quota, 'x')); });
}

TEST_F(StorageQuota, HoldsWithoutADatabaseToo) {
  auto settings = options();
  settings.plugin_storage_quota = quota;
  const auto rt = running({obedient("p")}, settings);
  in_turn(*rt, "p", [](plugin_context& ctx) { EXPECT_EQ(fill(ctx.storage(), "k"), 99); });
}

/// The keeper, with a plugin's schema and accounts of its own.
class QuotaKeeper : public StorageQuota {
 protected:
  struct config : caf::actor_system_config {
    config() {
      add_message_types<caf::id_block::streamspace>();
      set("scheduler.max-threads", 2);
    }
  };
  void keep() {
    pool_ = system_.spawn(db_pool, db_pool_options{.url = url()});
    keeper_ = system_.spawn(quota_keeper, pool_,
                            quota_keeper_options{.accounts = accounts_, .interval = 1ms, .log = logs().sink(book())});
  }
  ~QuotaKeeper() override {
    for (const auto& actor : {caf::actor_cast<caf::actor>(keeper_), caf::actor_cast<caf::actor>(pool_)})
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }
  std::shared_ptr<testing::log_book> book() { return {std::shared_ptr<void>{}, &logs()}; }

  config config_;
  caf::actor_system system_{config_};
  const std::shared_ptr<storage_accounts> accounts_ = std::make_shared<storage_accounts>();
  db_pool_actor pool_;
  quota_keeper_actor keeper_;
};

TEST_F(QuotaKeeper, CountsTheTablesOfAPluginAndSaysWhenTheyAreTooLarge) {
  const auto account = accounts_->open("p-1", quota);
  account->measured(account->begin_measuring({}), 0, {});
  query("CREATE SCHEMA plugin_p_1");
  query("CREATE TABLE plugin_p_1.t AS SELECT n, repeat('x', 100) AS text FROM generate_series(1, 5000) AS n");
  keep();
  EXPECT_TRUE(eventually([&] { return account->used() > 5'000 * 100; }));
  EXPECT_TRUE(eventually([&] { return logs().has(log_level::error, "plugin p-1"); }));
  EXPECT_FALSE(account->take_room(1));
  query("DROP TABLE plugin_p_1.t");
  EXPECT_TRUE(eventually([&] { return account->used() == 0; }));
  EXPECT_TRUE(eventually([&] { return logs().has(log_level::info, "plugin p-1"); }));
}

TEST_F(QuotaKeeper, SeesWhatOthersHaveWritten) {
  const auto account = accounts_->open("p", quota);
  account->measured(account->begin_measuring(storage_account::clock::now()), 0, storage_account::clock::now());
  query("INSERT INTO plugin_storage (plugin_name, key, value) VALUES ('p', 'k', '[1, 2]')");
  keep();
  account->take_room(10)->use();
  EXPECT_TRUE(eventually([&] { return account->used() == stored_bytes("k", "[1,2]"); }));
}

}  // namespace
}  // namespace streamspace
