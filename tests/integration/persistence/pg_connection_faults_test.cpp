#include <future>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>
#include <sys/socket.h>

#include <streamspace/persistence/pg_connection.hpp>

namespace streamspace {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using testing::failure_of;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::patience;

/// A TCP socket on a free port of this machine that never answers; while it does not listen, connections are refused.
class silent_server {
 public:
  explicit silent_server(bool listening) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, generic, size), 0);
    EXPECT_EQ(::getsockname(fd_, generic, &size), 0);
    if (listening) {
      EXPECT_EQ(::listen(fd_, 1), 0);
    }
    port_ = ntohs(address.sin_port);
  }
  ~silent_server() { ::close(fd_); }
  silent_server(const silent_server&) = delete;
  silent_server& operator=(const silent_server&) = delete;

  std::string port() const { return std::to_string(port_); }

 private:
  int fd_;
  int port_ = 0;
};

class PgConnectionFaults : public testing::postgres_test {
 protected:
  PgConnectionFaults() : connection_{connect()}, admin_{connect()} {
    backend_ = run("SELECT pg_backend_pid()")[0].get<int>(0);
  }

  sql_result run(const std::string& text) { return connection_.execute({text, {}}, patience); }

  /// What ends a statement that would run for minutes; `interrupt` is called once the server is at it.
  template <class Interrupt>
  std::optional<error> interrupted(Interrupt&& interrupt) {
    auto running = std::async(std::launch::async, [&] { return failure_of([&] { run("SELECT pg_sleep(600)"); }); });
    const auto is_at_it = [&] {
      return admin_
                 .execute({"SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'", {backend_}},
                          patience)
                 .size() == 1;
    };
    EXPECT_TRUE(testing::eventually(is_at_it));
    interrupt();
    if (running.wait_for(patience) != std::future_status::ready) {
      ADD_FAILURE() << "the statement goes on";
      admin_.execute({"SELECT pg_terminate_backend($1)", {backend_}}, patience);
    }
    return running.get();
  }

  pg_connection connection_;
  pg_connection admin_;
  int backend_;
};

TEST_F(PgConnectionFaults, StopsAStatementThatTakesTooLong) {
  const auto refusal = failure_of([&] { connection_.execute({"SELECT pg_sleep(600)", {}}, milliseconds{50}); });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::timeout);
  EXPECT_EQ(refusal->fact("sqlstate"), "57014");
  EXPECT_TRUE(connection_.usable());
}

TEST_F(PgConnectionFaults, GivesEachStatementTheTimeItWasGiven) {
  EXPECT_TRUE(failure_of([&] { connection_.execute({"SELECT pg_sleep(600)", {}}, milliseconds{50}); }));
  EXPECT_EQ(connection_.execute({"SHOW statement_timeout", {}}, milliseconds{12'345})[0].get<std::string>(0),
            "12345ms");
  EXPECT_EQ(connection_.execute({"SHOW statement_timeout", {}}, milliseconds{2'000})[0].get<std::string>(0), "2s");
}

TEST_F(PgConnectionFaults, KeepsItsTimeLimitWhenItIsRolledBackOrSetByOthers) {
  const auto limit = [&](milliseconds wanted) {
    return connection_.execute({"SHOW statement_timeout", {}}, wanted)[0].get<std::string>(0);
  };
  EXPECT_EQ(limit(milliseconds{7'000}), "7s");
  connection_.begin(milliseconds{7'000});
  EXPECT_EQ(limit(milliseconds{8'000}), "8s");
  connection_.rollback(milliseconds{8'000});
  EXPECT_EQ(limit(milliseconds{8'000}), "8s");
  connection_.execute({"SET statement_timeout = 0", {}}, milliseconds{8'000});
  EXPECT_EQ(limit(milliseconds{8'000}), "8s");
  connection_.execute_script("SET statement_timeout = 0", milliseconds{8'000});
  EXPECT_EQ(limit(milliseconds{8'000}), "8s");
  connection_.reset(milliseconds{9'000});
  EXPECT_EQ(limit(milliseconds{9'000}), "9s");
}

TEST_F(PgConnectionFaults, RefusesADeadlineThatHasPassed) {
  const auto refusal = failure_of([&] { connection_.execute({"SELECT 1", {}}, milliseconds{0}); });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::timeout);
}

TEST_F(PgConnectionFaults, IsCancelledFromAnotherThread) {
  const auto end = interrupted([&] { connection_.cancel(); });
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code(), ec::timeout);
  EXPECT_TRUE(connection_.usable());
  EXPECT_EQ(run("SELECT 1").size(), 1u);
}

TEST_F(PgConnectionFaults, IsSeveredFromAnotherThread) {
  const auto end = interrupted([&] { connection_.sever(); });
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code(), ec::database_unreachable);
  EXPECT_FALSE(connection_.usable());
}

TEST_F(PgConnectionFaults, SaysThatTheServerEndedTheConnection) {
  const auto end = interrupted([&] { admin_.execute({"SELECT pg_terminate_backend($1)", {backend_}}, patience); });
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code(), ec::database_unreachable);
  EXPECT_THAT(end->message(), HasSubstr("terminating connection due to administrator command"));
  EXPECT_FALSE(connection_.usable());
}

TEST_F(PgConnectionFaults, NoticesThatItWasClosedWhileIdle) {
  EXPECT_TRUE(connection_.usable());
  admin_.execute({"SELECT pg_terminate_backend($1, 30000)", {backend_}}, patience);
  EXPECT_TRUE(testing::eventually([&] { return !connection_.usable(); }));
  const auto end = failure_of([&] { run("SELECT 1"); });
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code(), ec::database_unreachable);
}

TEST_F(PgConnectionFaults, NeverReconnectsBehindTheCallersBack) {
  admin_.execute({"SELECT pg_terminate_backend($1, 30000)", {backend_}}, patience);
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto end = failure_of([&] { run("SELECT 1"); });
    ASSERT_TRUE(end);
    EXPECT_EQ(end->code(), ec::database_unreachable);
  }
}

TEST_F(PgConnectionFaults, SaysThatACommitIsInDoubtWhenTheConnectionIsLost) {
  connection_.begin(patience);
  admin_.execute({"SELECT pg_terminate_backend($1, 30000)", {backend_}}, patience);
  const auto end = failure_of([&] { connection_.commit(patience); });
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code(), ec::database_unreachable);
  EXPECT_EQ(end->fact("in_doubt"), "true");
}

TEST_F(PgConnectionFaults, SaysWhichDatabaseDoesNotExist) {
  auto nowhere = url();
  nowhere.replace(nowhere.find("/test_"), std::string{"/test_"}.size(), "/no_");
  const auto refusal = failure_of([&] { pg_connection{nowhere, patience}; });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::database_unreachable);
  EXPECT_THAT(refusal->message(),
              AllOf(HasSubstr("database \"no_"), HasSubstr("does not exist"), Not(HasSubstr("\n"))));
}

TEST_F(PgConnectionFaults, SaysThatThePasswordIsWrongWithoutSayingIt) {
  run("CREATE ROLE visitor LOGIN PASSWORD 'the right one'");
  auto as_visitor = url();
  as_visitor.replace(as_visitor.find("user=streamspace"), std::string{"user=streamspace"}.size(), "user=visitor");
  const pg_connection right{as_visitor + "&password=the%20right%20one", patience};
  EXPECT_TRUE(right.usable());
  const auto refusal = failure_of([&] { pg_connection{as_visitor + "&password=geheim", patience}; });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::database_unreachable);
  EXPECT_THAT(refusal->message(),
              AllOf(HasSubstr("password authentication failed for user \"visitor\""), Not(HasSubstr("geheim"))));
  for (const auto& [name, value] : refusal->context()) EXPECT_THAT(value, Not(HasSubstr("geheim"))) << name;
}

TEST(PgConnectionAway, SaysThatNobodyListens) {
  const silent_server server{false};
  const auto refusal = failure_of([&] {
    pg_connection{"postgresql://ann:geheim@127.0.0.1:" + server.port() + "/shop", patience};
  });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::database_unreachable);
  EXPECT_THAT(refusal->message(),
              AllOf(HasSubstr("database 'shop' as user 'ann' at 127.0.0.1:" + server.port()),
                    HasSubstr("Connection refused"), Not(HasSubstr("geheim")), Not(HasSubstr("\n"))));
  EXPECT_EQ(refusal->fact("host"), "127.0.0.1");
  EXPECT_EQ(refusal->fact("port"), server.port());
}

TEST(PgConnectionAway, GivesUpOnAServerThatDoesNotAnswer) {
  const silent_server server{true};
  const auto refusal = failure_of([&] {
    pg_connection{"postgresql://ann@127.0.0.1:" + server.port() + "/shop", milliseconds{50}};
  });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::database_unreachable);
  EXPECT_THAT(refusal->message(), HasSubstr("no answer within 50 ms"));
}

TEST(PgConnectionAway, SaysThatAHostIsNotKnown) {
  const auto refusal = failure_of([&] { pg_connection{"postgresql://no-such-host.invalid/shop", patience}; });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::database_unreachable);
  EXPECT_THAT(refusal->message(), AllOf(HasSubstr("no-such-host.invalid"), Not(HasSubstr("\n"))));
}

TEST(PgConnectionAway, RefusesAUrlItCannotRead) {
  const auto refusal = failure_of([&] { pg_connection{"mysql://ann:geheim@db/shop", patience}; });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::invalid_argument);
}

}  // namespace
}  // namespace streamspace
