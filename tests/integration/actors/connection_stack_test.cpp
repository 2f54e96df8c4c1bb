#include <csignal>
#include <latch>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>

#include <streamspace/actors/connection_stack.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::patience;

class ConnectionStack : public testing::postgres_test {
 protected:
  int backend() {
    const auto rows = stack_.execute({"SELECT pg_backend_pid()", {}}, patience);
    return rows ? (*rows)[0].get<int>(0) : 0;
  }
  void terminate(int pid) { connect().execute({"SELECT pg_terminate_backend($1, 30000)", {pid}}, patience); }

  const std::shared_ptr<deadline_timer> timer_ = std::make_shared<deadline_timer>();
  connection_stack stack_{{.url = url()}, timer_};
};

TEST_F(ConnectionStack, UsesTheConnectionThatWasUsedLast) {
  const auto first = backend();
  EXPECT_NE(first, 0);
  EXPECT_EQ(backend(), first);
}

TEST_F(ConnectionStack, OpensOneForEachStatementThatRunsAtOnce) {
  constexpr int threads = 4;
  std::latch all_there{threads};
  std::mutex mutex;
  std::set<int> backends;
  {
    std::vector<std::jthread> callers;
    for (int t = 0; t < threads; ++t)
      callers.emplace_back([&] {
        all_there.arrive_and_wait();
        for (int i = 0; i < 50; ++i) {
          const auto pid = backend();
          const std::lock_guard lock{mutex};
          backends.insert(pid);
        }
      });
  }
  EXPECT_GE(backends.size(), 1U);
  EXPECT_LE(backends.size(), 4U);
  EXPECT_FALSE(backends.contains(0));
}

TEST_F(ConnectionStack, GivesTheServersRefusalAndKeepsTheConnection) {
  const auto first = backend();
  const auto refused = stack_.execute({"SELECT 1 / $1::int", {0}}, patience);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fact("sqlstate"), "22012");
  EXPECT_EQ(backend(), first);
}

TEST_F(ConnectionStack, EndsAStatementAtItsDeadline) {
  const auto first = backend();
  const auto late = stack_.execute({"SELECT pg_sleep(600)", {}}, 50ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ec::timeout);
  EXPECT_EQ(backend(), first);
}

TEST_F(ConnectionStack, CutsOffAServerThatAnswersNothing) {
  connection_stack impatient{{.url = url(), .silence_allowed = 200ms}, timer_};
  const auto backend_of_it = [&] {
    const auto rows = impatient.execute({"SELECT pg_backend_pid()", {}}, patience);
    return rows ? (*rows)[0].get<int>(0) : 0;
  };
  const auto first = backend_of_it();
  ASSERT_NE(first, 0);
  ASSERT_EQ(::kill(first, SIGSTOP), 0);
  const auto cut_off = impatient.execute({"SELECT pg_backend_pid()", {}}, 50ms);
  ::kill(first, SIGCONT);
  ASSERT_FALSE(cut_off);
  EXPECT_EQ(cut_off.error().code(), ec::database_unreachable);
  const auto next = backend_of_it();
  EXPECT_NE(next, 0);
  EXPECT_NE(next, first);
}

TEST_F(ConnectionStack, OpensAnotherWhenOneWasClosedWhileNobodyUsedIt) {
  const auto first = backend();
  terminate(first);
  const auto next = backend();
  EXPECT_NE(next, 0);
  EXPECT_NE(next, first);
}

TEST_F(ConnectionStack, SaysThatThereIsNoServer) {
  connection_stack nowhere{{.url = "postgresql://127.0.0.1:1/none", .connect_timeout = 2s}, timer_};
  const auto refused = nowhere.execute({"SELECT 1", {}}, patience);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ec::database_unreachable);
}

TEST_F(ConnectionStack, LeavesNothingWithTheTimer) {
  for (int i = 0; i < 100; ++i) ASSERT_NE(backend(), 0);
  EXPECT_EQ(timer_->waiting(), 0U);
}

}  // namespace
}  // namespace streamspace
