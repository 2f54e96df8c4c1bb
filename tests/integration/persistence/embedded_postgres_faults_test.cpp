#include <fstream>
#include <grp.h>
#include <signal.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <integration/persistence/forked.hpp>
#include <integration/persistence/small_mount.hpp>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>
#include <sys/mount.h>

#include <streamspace/persistence/child_process.hpp>
#include <streamspace/persistence/embedded_postgres.hpp>
#include <streamspace/persistence/pg_connection.hpp>

namespace streamspace {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::AllOf;
using testing::forked;
using ::testing::HasSubstr;
using testing::mount_small;
using testing::patience;
using ::testing::StartsWith;

embedded_postgres_options quick() {
  embedded_postgres_options options;
  options.durable = false;
  options.startup_timeout = patience;
  return options;
}

sql_result ask(const embedded_postgres& server, const std::string& question) {
  return pg_connection{server.url(), patience}.execute({question, {}}, patience);
}

/// Whether the process lives; one that ended and that nobody has reaped does not.
bool runs(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(") ");
  return name_end != std::string::npos && text[name_end + 2] != 'Z';
}

class EmbeddedPostgresFaults : public ::testing::Test {
 protected:
  fs::path where() const { return scratch_.path() / "data"; }

  /// A process that holds the folder and runs a server on it with a table `t` in it. Says the server's number, then
  /// stays.
  auto server_process() {
    return [this](auto say) {
      const data_folder folder{where()};
      auto options = quick();
      options.settings = {{"synchronous_commit", "on"}};
      embedded_postgres server{folder, options};
      server.start();
      ask(server, "CREATE TABLE t AS SELECT 'kept' AS x");
      say(std::to_string(server.pid()));
      ::pause();
    };
  }

  testing::scratch_folder scratch_{testing::fast_temporary_folder()};
};

TEST_F(EmbeddedPostgresFaults, RefusesASecondProcessByNameAndNumber) {
  const data_folder folder{where()};
  forked second{[&](auto say) {
    const data_folder same{where()};
    say("took it");
  }};
  EXPECT_EQ(second.line(), "data_folder_in_use: the data folder '" + where().string() + "' is in use by process " +
                               std::to_string(::getpid()) + "; stop that one or choose another folder");
}

TEST_F(EmbeddedPostgresFaults, EndsWithAProcessThatIsKilled) {
  forked owner{server_process()};
  const auto postgres = std::stoi(owner.line());
  EXPECT_TRUE(runs(postgres));
  owner.kill();
  EXPECT_TRUE(testing::eventually([&] { return !runs(postgres); }));
}

TEST_F(EmbeddedPostgresFaults, StartsAgainAtOnceAfterItsProcessWasKilled) {
  forked owner{server_process()};
  const auto first = owner.line();
  ASSERT_NE(first, "");
  owner.kill();
  const data_folder folder{where()};
  embedded_postgres server{folder, quick()};
  server.start();
  EXPECT_EQ(ask(server, "SELECT x FROM t")[0].get<std::string>(0), "kept");
}

TEST_F(EmbeddedPostgresFaults, StopsALeftServerThatDoesNotWantTo) {
  forked owner{server_process()};
  const auto postgres = std::stoi(owner.line());
  ASSERT_EQ(::kill(postgres, SIGSTOP), 0);
  owner.kill();
  EXPECT_TRUE(runs(postgres));
  const data_folder folder{where()};
  postgres_cluster{where(), "/unused"}.end_leftover(milliseconds{50});
  EXPECT_TRUE(testing::eventually([&] { return !runs(postgres); }));
  embedded_postgres server{folder, quick()};
  server.start();
  EXPECT_EQ(ask(server, "SELECT x FROM t")[0].get<std::string>(0), "kept");
}

TEST_F(EmbeddedPostgresFaults, LeavesAProcessAloneThatOnlyHasTheNumberOfALeftServer) {
  {
    const data_folder folder{where()};
    embedded_postgres{folder, quick()}.start();
  }
  forked innocent{[](auto say) {
    say("here");
    ::pause();
  }};
  EXPECT_EQ(innocent.line(), "here");
  std::ofstream{where() / "postgres" / "postmaster.pid"} << innocent.pid() << "\n/proc/self/fd/3\n";
  const data_folder folder{where()};
  embedded_postgres server{folder, quick()};
  server.start();
  EXPECT_EQ(ask(server, "SELECT 1").size(), 1u);
  EXPECT_TRUE(runs(innocent.pid()));
}

TEST_F(EmbeddedPostgresFaults, SurvivesAFirstStartThatIsKilledAnywhere) {
  // Killed as soon as the folder is there, in the middle of initdb, and near its end.
  for (const auto* sign : {"postgres.new", "postgres.new/pg_wal", "postgres.new/base/4"}) {
    // What the one before has left running may make a start fail that comes too soon after it.
    bool seen = false;
    for (int attempt = 0; attempt < 5 && !seen; ++attempt) {
      forked owner{server_process()};
      seen = testing::eventually([&] { return fs::exists(where() / sign) || fs::exists(where() / "postgres"); },
                                 std::chrono::seconds{5});
    }
    EXPECT_TRUE(seen) << sign;
  }
  const data_folder folder{where()};
  embedded_postgres server{folder, quick()};
  server.start();
  EXPECT_EQ(ask(server, "SELECT 1").size(), 1u);
}

TEST_F(EmbeddedPostgresFaults, SaysThatTheDiskIsFull) {
  fs::create_directory(where());
  forked starter{[&](auto say) {
    if (!mount_small(where(), "size=8m")) return say("not allowed");
    const data_folder folder{where()};
    embedded_postgres{folder, quick()}.start();
    say("started");
  }};
  const auto said = starter.line();
  if (said == "not allowed") GTEST_SKIP() << "needs the right to mount";
  EXPECT_THAT(said, AllOf(StartsWith("io_error: cannot make the database files in '" + where().string()),
                          HasSubstr("No space left on device")));
}

TEST_F(EmbeddedPostgresFaults, SaysThatTheDataFolderCannotBeWritten) {
  fs::create_directory(where());
  forked starter{[&](auto say) {
    if (!mount_small(where(), "size=8m") ||
        ::mount(nullptr, where().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0)
      return say("not allowed");
    const data_folder folder{where()};
    say("took it");
  }};
  const auto said = starter.line();
  if (said == "not allowed") GTEST_SKIP() << "needs the right to mount";
  EXPECT_THAT(said, AllOf(StartsWith("io_error: the data folder '" + where().string() + "' cannot be used"),
                          HasSubstr("Read-only file system")));
}

TEST_F(EmbeddedPostgresFaults, StartsForAnOrdinaryUserToo) {
  if (!os_user::current().is_root()) GTEST_SKIP() << "is one already";
  const auto nobody = os_user::named("nobody");
  ASSERT_TRUE(nobody);
  ASSERT_EQ(::chown(scratch_.path().c_str(), nobody->uid, nobody->gid), 0);
  const auto become_nobody = [&] {
    return ::setgid(nobody->gid) == 0 && ::setgroups(0, nullptr) == 0 && ::setuid(nobody->uid) == 0;
  };
  forked ordinary{[&](auto say) {
    if (!become_nobody()) return say("could not");
    const data_folder folder{where()};
    embedded_postgres server{folder, quick()};
    server.start();
    say(ask(server, "CREATE TABLE t AS SELECT 'kept' AS x").empty() ? "done" : "");
  }};
  EXPECT_EQ(ordinary.line(), "done");
  ordinary.line();

  // Root goes on as that user; another ordinary user is told whose the files are.
  {
    const data_folder folder{where()};
    embedded_postgres server{folder, quick()};
    server.start();
    EXPECT_EQ(ask(server, "SELECT x FROM t")[0].get<std::string>(0), "kept");
  }
  ASSERT_EQ(::chown((where() / "postgres").c_str(), 0, 0), 0);
  forked stranger{[&](auto say) {
    if (!become_nobody()) return say("could not");
    const data_folder folder{where()};
    embedded_postgres{folder, quick()}.start();
    say("started");
  }};
  EXPECT_THAT(stranger.line(), AllOf(StartsWith("permission_denied: "), HasSubstr("belong to user root")));
}

}  // namespace
}  // namespace streamspace
