#include <fcntl.h>
#include <fstream>
#include <signal.h>
#include <sstream>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>
#include <sys/wait.h>

#include <streamspace/persistence/child_process.hpp>

namespace streamspace {
namespace {

using std::chrono::milliseconds;
using testing::failure_of;
using testing::patience;

class ChildProcess : public ::testing::Test {
 protected:
  ChildProcess() : output_{::open((folder_.path() / "output").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)} {}
  ~ChildProcess() override { ::close(output_); }

  child_spec shell(const std::string& script) const {
    child_spec spec;
    spec.program = "/bin/sh";
    spec.arguments = {"-c", script};
    spec.environment = {"PATH=/usr/bin:/bin"};
    spec.output = output_;
    return spec;
  }

  std::string output() const {
    std::ostringstream text;
    text << std::ifstream{folder_.path() / "output"}.rdbuf();
    return text.str();
  }

  std::string output_of(const child_spec& spec) const {
    child_process child{spec};
    EXPECT_EQ(child.wait(patience), 0) << output();
    return output();
  }

  testing::scratch_folder folder_;
  int output_;
};

TEST_F(ChildProcess, GetsItsArgumentsAsTheyAre) {
  auto spec = shell("printf '%s|' \"$@\"");
  spec.arguments.insert(spec.arguments.end(), {"sh", "two words", "$HOME", "'"});
  EXPECT_EQ(output_of(spec), "two words|$HOME|'|");
}

TEST_F(ChildProcess, GetsOnlyTheEnvironmentNamed) {
  ::setenv("STREAMSPACE_TEST_LEAK", "1", 1);
  EXPECT_EQ(output_of(shell("echo \"[$STREAMSPACE_TEST_LEAK]\"")), "[]\n");
}

TEST_F(ChildProcess, GetsNoDescriptorBeyondTheNamedOnes) {
  const int leaky = ::open("/dev/null", O_RDONLY);
  auto spec = shell("ls /proc/self/fd | wc -l; readlink /proc/self/fd/3");
  spec.folder = ::open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // 0, 1, 2, 3, and the folder that ls itself reads.
  EXPECT_EQ(output_of(spec), "5\n" + folder_.path().string() + "\n");
  ::close(spec.folder);
  ::close(leaky);
}

TEST_F(ChildProcess, SaysWhatCouldNotBeStarted) {
  child_spec spec;
  spec.program = "/nonexistent/program";
  const auto refusal = failure_of([&] { child_process{spec}; });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::io_error);
  EXPECT_EQ(refusal->message(), "'/nonexistent/program' cannot be started: the program: No such file or directory");
}

TEST_F(ChildProcess, TellsHowItEnded) {
  child_process exits{shell("exit 3")};
  EXPECT_EQ(describe_exit(exits.wait(patience).value()), "exited with status 3");
  child_process sleeps{shell("exec sleep 600")};
  EXPECT_EQ(sleeps.wait(milliseconds{20}), std::nullopt);
  sleeps.signal(SIGTERM);
  EXPECT_EQ(describe_exit(sleeps.wait(patience).value()), "was ended by signal 15 (Terminated)");
}

TEST_F(ChildProcess, IsGoneWhenItsObjectIs) {
  pid_t pid = 0;
  {
    child_process child{shell("exec sleep 600")};
    pid = child.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST_F(ChildProcess, StartsWithUsualSignalHandling) {
  const auto before = ::signal(SIGTERM, SIG_IGN);
  sigset_t blocked;
  sigset_t usual;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &usual);
  child_process child{shell("exec sleep 600")};
  ::pthread_sigmask(SIG_SETMASK, &usual, nullptr);
  ::signal(SIGTERM, before);
  child.signal(SIGTERM);
  EXPECT_TRUE(child.wait(patience));
}

TEST_F(ChildProcess, IsSignalledWhenTheThreadThatStartedItEnds) {
  std::unique_ptr<child_process> child;
  auto spec = shell("exec sleep 600");
  spec.death_signal = SIGTERM;
  std::thread{[&] { child = std::make_unique<child_process>(spec); }}.join();
  EXPECT_EQ(describe_exit(child->wait(patience).value()), "was ended by signal 15 (Terminated)");
}

TEST_F(ChildProcess, RunsAsAnotherUserWhenRootAsksForIt) {
  if (!os_user::current().is_root()) GTEST_SKIP() << "needs root";
  auto spec = shell("id -u; id -g; id -G; trap '' 0");
  spec.run_as = os_user::named("nobody");
  ASSERT_TRUE(spec.run_as);
  const auto uid = std::to_string(spec.run_as->uid);
  const auto gid = std::to_string(spec.run_as->gid);
  EXPECT_EQ(output_of(spec), uid + "\n" + gid + "\n" + gid + "\n");
}

TEST_F(ChildProcess, KeepsItsDeathSignalAsAnotherUser) {
  if (!os_user::current().is_root()) GTEST_SKIP() << "needs root";
  std::unique_ptr<child_process> child;
  auto spec = shell("exec sleep 600");
  spec.run_as = os_user::named("nobody");
  spec.death_signal = SIGTERM;
  std::thread{[&] { child = std::make_unique<child_process>(spec); }}.join();
  EXPECT_TRUE(child->wait(patience));
}

}  // namespace
}  // namespace streamspace
