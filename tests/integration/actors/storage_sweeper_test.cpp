// Expired keys leave the database, on a real PostgreSQL.
#include <caf/all.hpp>
#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>

#include <streamspace/actors/db_pool.hpp>
#include <streamspace/actors/storage_sweeper.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::patience;

class StorageSweeper : public testing::postgres_test {
 protected:
  struct config : caf::actor_system_config {
    config() {
      add_message_types<caf::id_block::streamspace>();
      set("scheduler.max-threads", 2);
    }
  };

  void fill(const char* expiry, int keys) {
    connect().execute(
        {"INSERT INTO plugin_storage (plugin_name, key, value, expires_at) SELECT 'p', $1 || n, 'null', " +
             std::string{expiry} + " FROM generate_series(1, $2::int) AS n",
         {expiry, keys}},
        patience);
  }
  int rows() { return connect().execute({"SELECT count(*) FROM plugin_storage", {}}, patience)[0].get<int>(0); }

  config config_;
  caf::actor_system system_{config_};
};

TEST_F(StorageSweeper, DeletesWhatHasExpiredAndNothingElse) {
  fill("NULL", 5);
  fill("now() + interval '1 h'", 5);
  fill("now() - interval '1 s'", 25);
  const auto pool = system_.spawn(db_pool, db_pool_options{.url = url()});
  const auto sweeper =
      system_.spawn(storage_sweeper, pool, storage_sweeper_options{.interval = 1ms, .most_at_once = 10});
  EXPECT_TRUE(eventually([&] { return rows() == 10; }));
  fill("now()", 3);
  EXPECT_TRUE(eventually([&] { return rows() == 10; })) << "it comes round again";
  for (const auto& actor : {caf::actor_cast<caf::actor>(sweeper), caf::actor_cast<caf::actor>(pool)})
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

}  // namespace
}  // namespace streamspace
