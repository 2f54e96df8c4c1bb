#include <fstream>
#include <future>
#include <signal.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>
#include <sys/socket.h>
#include <sys/stat.h>

#include <streamspace/persistence/embedded_postgres.hpp>
#include <streamspace/persistence/pg_connection.hpp>

namespace streamspace {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::AllOf;
using testing::failure_of;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::patience;

embedded_postgres_options quick() {
  embedded_postgres_options options;
  options.durable = false;
  options.startup_timeout = patience;
  return options;
}

std::string ask(const embedded_postgres& server, const std::string& question) {
  pg_connection connection{server.url(), patience};
  const auto answer = connection.execute({question, {}}, patience);
  return answer.empty() ? std::string{} : answer[0].get<std::string>(0);
}

class EmbeddedPostgres : public ::testing::Test {
 protected:
  fs::path where() const { return scratch_.path() / "data"; }

  testing::scratch_folder scratch_{testing::fast_temporary_folder()};
};

TEST_F(EmbeddedPostgres, StartsAndKeepsItsDataOverARestart) {
  const data_folder folder{where()};
  embedded_postgres server{folder, quick()};
  EXPECT_FALSE(server.running());
  server.start();
  EXPECT_TRUE(server.running());
  EXPECT_EQ(ask(server, "SELECT current_user || ' ' || current_database()"), "streamspace streamspace");
  EXPECT_EQ(ask(server, "CREATE TABLE t AS SELECT 'kept' AS x"), "");
  server.stop(patience);
  EXPECT_FALSE(server.running());
  server.start();
  EXPECT_EQ(ask(server, "SELECT x FROM t"), "kept");
}

TEST_F(EmbeddedPostgres, IsReachedOverAPrivateUnixSocketOnly) {
  const data_folder folder{where()};
  embedded_postgres server{folder, quick()};
  server.start();
  EXPECT_EQ(ask(server, "SHOW listen_addresses"), "");
  struct stat facts {};
  ASSERT_EQ(::stat((where() / "postgres" / ".s.PGSQL.5432").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
  ASSERT_EQ(::stat((where() / "postgres").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
}

TEST_F(EmbeddedPostgres, LosesNothingByDefault) {
  const data_folder folder{where()};
  embedded_postgres server{folder};
  server.start();
  EXPECT_EQ(ask(server, "SHOW fsync"), "on");
  EXPECT_EQ(ask(server, "SHOW synchronous_commit"), "on");
  EXPECT_EQ(ask(server, "SHOW full_page_writes"), "on");
}

TEST_F(EmbeddedPostgres, SortsByBytesAndKnowsCaseBeyondAscii) {
  const data_folder folder{where()};
  embedded_postgres server{folder, quick()};
  server.start();
  EXPECT_EQ(ask(server, "SELECT string_agg(x, '' ORDER BY x) FROM (VALUES ('b'), ('B'), ('a')) v(x)"), "Bab");
  EXPECT_EQ(ask(server, "SELECT lower('ÄÖ')"), "äö");
}

TEST_F(EmbeddedPostgres, TakesAPathWithSpacesAndQuotes) {
  const data_folder folder{scratch_.path() / "a b 'c' \"d\" $e & ü"};
  embedded_postgres server{folder, quick()};
  server.start();
  EXPECT_EQ(ask(server, "SELECT 'here'"), "here");
}

TEST_F(EmbeddedPostgres, TakesAPathTooLongForASocket) {
  const data_folder folder{scratch_.path() / std::string(90, 'x') / std::string(90, 'y')};
  embedded_postgres server{folder, quick()};
  server.start();
  EXPECT_EQ(ask(server, "SELECT 'here'"), "here");
  std::string socket_folder;
  std::getline(std::ifstream{folder.path() / "postgres.socket"}, socket_folder);
  struct stat facts {};
  ASSERT_EQ(::stat(socket_folder.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
  server.stop(patience);
  EXPECT_FALSE(fs::exists(socket_folder));
}

TEST_F(EmbeddedPostgres, NeedsNoRightToTheFoldersAbove) {
  fs::create_directory(scratch_.path() / "closed");
  fs::permissions(scratch_.path() / "closed", fs::perms::owner_all);
  const data_folder folder{scratch_.path() / "closed" / "data"};
  embedded_postgres server{folder, quick()};
  server.start();
  EXPECT_EQ(ask(server, "SET max_parallel_workers_per_gather = 2"), "");
  EXPECT_EQ(ask(server, "SELECT sum(g)::text FROM generate_series(1, 100000) g"), "5000050000");
}

TEST_F(EmbeddedPostgres, RunsAsAnOrdinaryUserWhenStartedByRoot) {
  if (!os_user::current().is_root()) GTEST_SKIP() << "needs root";
  const data_folder folder{where()};
  embedded_postgres server{folder, quick()};
  server.start();
  struct stat facts {};
  ASSERT_EQ(::stat(("/proc/" + std::to_string(server.pid())).c_str(), &facts), 0);
  EXPECT_NE(facts.st_uid, 0u);
}

TEST_F(EmbeddedPostgres, RunsOnFilesOfWhoeverMadeThem) {
  if (!os_user::current().is_root()) GTEST_SKIP() << "needs root";
  const data_folder folder{where()};
  const auto nobody = os_user::named("nobody");
  ASSERT_TRUE(nobody);
  ASSERT_EQ(::mkdir((where() / "postgres").c_str(), 0700), 0);
  ASSERT_EQ(::chown((where() / "postgres").c_str(), nobody->uid, nobody->gid), 0);
  embedded_postgres server{folder, quick()};
  server.start();
  EXPECT_EQ(ask(server, "SELECT 'here'"), "here");
  struct stat facts {};
  ASSERT_EQ(::stat(("/proc/" + std::to_string(server.pid())).c_str(), &facts), 0);
  EXPECT_EQ(facts.st_uid, nobody->uid);
}

TEST_F(EmbeddedPostgres, StopsAtOnceAlthoughSomebodyIsConnected) {
  const data_folder folder{where()};
  embedded_postgres server{folder, quick()};
  server.start();
  pg_connection connection{server.url(), patience};
  connection.begin(patience);
  connection.execute({"CREATE TABLE t (x int)", {}}, patience);
  server.stop(patience);
  EXPECT_FALSE(server.running());
  EXPECT_TRUE(testing::eventually([&] { return !connection.usable(); }));
  server.start();
  EXPECT_EQ(ask(server, "SELECT to_regclass('t')::text IS NULL"), "t");
}

TEST_F(EmbeddedPostgres, IsEndedByForceAtTheDeadline) {
  const data_folder folder{where()};
  embedded_postgres server{folder, quick()};
  server.start();
  ASSERT_EQ(::kill(server.pid(), SIGSTOP), 0);
  const auto pid = server.pid();
  server.stop(milliseconds{1});
  EXPECT_FALSE(server.running());
  EXPECT_NE(::kill(pid, 0), 0);
  server.start();
  EXPECT_EQ(ask(server, "SELECT 'here'"), "here");
}

TEST_F(EmbeddedPostgres, TellsWhenItEndsUnasked) {
  const data_folder folder{where()};
  auto options = quick();
  std::promise<std::string> told;
  options.on_unexpected_end = [&](const std::string& reason) { told.set_value(reason); };
  embedded_postgres server{folder, options};
  server.start();
  ASSERT_EQ(::kill(server.pid(), SIGKILL), 0);
  auto reason = told.get_future();
  ASSERT_EQ(reason.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(reason.get(), "it was ended by signal 9 (Killed)");
  EXPECT_TRUE(testing::eventually([&] { return !server.running(); }));
  server.start();
  EXPECT_EQ(ask(server, "SELECT 'again'"), "again");
}

TEST_F(EmbeddedPostgres, TellsNothingWhenItIsStopped) {
  const data_folder folder{where()};
  auto options = quick();
  int told = 0;
  options.on_unexpected_end = [&](const std::string&) { ++told; };
  {
    embedded_postgres server{folder, options};
    server.start();
  }
  EXPECT_EQ(told, 0);
}

TEST_F(EmbeddedPostgres, SaysWhyPostgresqlRefusedToStart) {
  const data_folder folder{where()};
  auto options = quick();
  options.settings = {{"shared_buffers", "nonsense"}};
  embedded_postgres server{folder, options};
  const auto refusal = failure_of([&] { server.start(); });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::io_error);
  EXPECT_THAT(refusal->message(),
              AllOf(HasSubstr("streamspace.conf"), HasSubstr("contains errors"), Not(HasSubstr("\n"))));
  EXPECT_FALSE(server.running());
}

TEST_F(EmbeddedPostgres, SaysThatPostgresqlIsMissing) {
  const data_folder folder{where()};
  auto options = quick();
  options.binaries = scratch_.path();
  embedded_postgres server{folder, options};
  const auto refusal = failure_of([&] { server.start(); });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::not_found);
}

TEST_F(EmbeddedPostgres, GivesUpAtItsDeadlineAndLeavesNothingInTheWay) {
  const data_folder folder{where()};
  auto hasty = quick();
  hasty.startup_timeout = milliseconds{1};
  const auto refusal = failure_of([&] { embedded_postgres{folder, hasty}.start(); });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::timeout);
  EXPECT_FALSE(fs::exists(where() / "postgres.new"));
  embedded_postgres server{folder, quick()};
  server.start();
  EXPECT_EQ(ask(server, "SELECT 'here'"), "here");
}

TEST_F(EmbeddedPostgres, ReplacesWhatAKilledFirstStartLeft) {
  const data_folder folder{where()};
  fs::create_directories(where() / "postgres.new" / "base");
  std::ofstream{where() / "postgres.new" / "PG_VERSION"} << "15\n";
  embedded_postgres server{folder, quick()};
  server.start();
  EXPECT_EQ(ask(server, "SELECT 'here'"), "here");
  EXPECT_FALSE(fs::exists(where() / "postgres.new"));
}

TEST_F(EmbeddedPostgres, LeavesFilesThatAreNotItsOwn) {
  const data_folder folder{where()};
  fs::create_directory(where() / "postgres");
  std::ofstream{where() / "postgres" / "letter.txt"} << "dear diary";
  if (os_user::current().is_root()) {
    const auto user = os_user::named("nobody");
    ASSERT_TRUE(user);
    ASSERT_EQ(::chown((where() / "postgres").c_str(), user->uid, user->gid), 0);
  }
  const auto refusal = failure_of([&] { embedded_postgres{folder, quick()}.start(); });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::io_error);
  EXPECT_THAT(refusal->message(), HasSubstr((where() / "postgres").string()));
  EXPECT_TRUE(fs::exists(where() / "postgres" / "letter.txt"));
}

TEST_F(EmbeddedPostgres, WritesItsLogIntoTheDataFolder) {
  const data_folder folder{where()};
  embedded_postgres server{folder, quick()};
  server.start();
  EXPECT_EQ(server.log_file(), where() / "log" / "postgres.log");
  EXPECT_TRUE(failure_of([&] { ask(server, "SELECT nonsense"); }));
  const auto logged = [&] {
    std::ifstream log{server.log_file()};
    for (std::string line; std::getline(log, line);)
      if (line.find("column \"nonsense\" does not exist") != std::string::npos) return true;
    return false;
  };
  EXPECT_TRUE(testing::eventually(logged));
}

TEST_F(EmbeddedPostgres, AsksForAPasswordOverTcp) {
  const data_folder folder{where()};
  const auto free_port = [] {
    const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(probe, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size), 0);
    ::close(probe);
    return ntohs(address.sin_port);
  };
  std::unique_ptr<embedded_postgres> server;
  auto options = quick();
  options.listen_addresses = "127.0.0.1";
  // Another process may take the port between our look and PostgreSQL's bind.
  for (int attempt = 0; attempt < 5 && !(server && server->running()); ++attempt) {
    options.port = free_port();
    server = std::make_unique<embedded_postgres>(folder, options);
    const auto refusal = failure_of([&] { server->start(); });
    if (refusal) {
      EXPECT_THAT(refusal->message(), HasSubstr("could not create any TCP/IP sockets"));
    }
  }
  ASSERT_TRUE(server->running());
  ask(*server, "CREATE ROLE visitor LOGIN PASSWORD 'right'");
  const auto at = "@127.0.0.1:" + std::to_string(options.port) + "/streamspace";
  pg_connection right{"postgresql://visitor:right" + at, patience};
  EXPECT_EQ(right.execute({"SELECT current_user", {}}, patience)[0].get<std::string>(0), "visitor");
  const auto refusal = failure_of([&] { pg_connection{"postgresql://visitor:geheim" + at, patience}; });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::database_unreachable);
  EXPECT_THAT(refusal->message(),
              AllOf(HasSubstr("at 127.0.0.1:" + std::to_string(options.port)),
                    HasSubstr("password authentication failed for user \"visitor\""), Not(HasSubstr("geheim"))));
  const auto superuser = failure_of([&] { pg_connection{"postgresql://streamspace:guess" + at, patience}; });
  ASSERT_TRUE(superuser);
  EXPECT_THAT(superuser->message(), HasSubstr("password authentication failed"));
}

}  // namespace
}  // namespace streamspace
