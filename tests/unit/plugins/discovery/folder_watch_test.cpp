#include <chrono>
#include <condition_variable>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <sched.h>
#include <string>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <streamspace/plugins/discovery/folder_watch.hpp>

namespace streamspace {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using ::testing::HasSubstr;

/// What a watch has told.
class reports {
 public:
  std::function<void()> changed() {
    return [this] {
      std::unique_lock lock{mutex_};
      ++changes_;
      news_.notify_all();
      news_.wait(lock, [&] { return !held_; });
    };
  }
  std::function<void(std::string)> fault() {
    return [this](std::string sentence) {
      const std::lock_guard lock{mutex_};
      fault_ = std::move(sentence);
      news_.notify_all();
    };
  }

  int changes() {
    const std::lock_guard lock{mutex_};
    return changes_;
  }
  /// How many there are when no more have come for a moment.
  int settled_changes() {
    std::unique_lock lock{mutex_};
    int before = changes_;
    while (news_.wait_for(lock, 50ms, [&] { return changes_ > before; })) before = changes_;
    return before;
  }
  bool wait_for_more_than(int changes) {
    std::unique_lock lock{mutex_};
    return news_.wait_for(lock, testing::patience, [&] { return changes_ > changes; });
  }
  std::string wait_for_fault() {
    std::unique_lock lock{mutex_};
    news_.wait_for(lock, testing::patience, [&] { return !fault_.empty(); });
    return fault_;
  }
  /// While it is held, whoever is told of a change does not return.
  void hold(bool held) {
    const std::lock_guard lock{mutex_};
    held_ = held;
    news_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable news_;
  int changes_ = 0;
  bool held_ = false;
  std::string fault_;
};

void touch(const fs::path& file, const std::string& text = "x") {
  std::ofstream{file, std::ios::app} << text;
}

class FolderWatch : public ::testing::Test {
 protected:
  FolderWatch() { fs::create_directory(plugins_); }
  ~FolderWatch() override { told_.hold(false); }

  void watch(std::vector<fs::path> directories, folder_watch::options how = {.debounce = 10ms, .poll_interval = 10ms}) {
    watch_.emplace(std::move(directories), told_.changed(), told_.fault(), how);
  }
  void watch() { watch({plugins_}); }

  /// Whether a change is told after `action`, which the changes before it did not cause.
  bool is_told(const std::function<void()>& action) {
    const int before = told_.settled_changes();
    action();
    return told_.wait_for_more_than(before);
  }

  /// How many watches the kernel keeps for this process.
  static int watches() {
    int count = 0;
    for (const auto& entry : fs::directory_iterator{"/proc/self/fdinfo"}) {
      std::ifstream in{entry.path()};
      for (std::string line; std::getline(in, line);) count += line.starts_with("inotify ") ? 1 : 0;
    }
    return count;
  }

  testing::scratch_folder scratch_{testing::fast_temporary_folder()};
  const fs::path plugins_ = scratch_.path() / "plugins";
  reports told_;
  std::optional<folder_watch> watch_;
};

TEST_F(FolderWatch, TellsWhatHappensInADirectory) {
  touch(plugins_ / "old.so");
  watch();
  EXPECT_TRUE(is_told([&] { touch(plugins_ / "a.so"); })) << "made";
  EXPECT_TRUE(is_told([&] { touch(plugins_ / "old.so"); })) << "written to";
  EXPECT_TRUE(is_told([&] { fs::rename(plugins_ / "a.so", plugins_ / "b.so"); })) << "renamed";
  EXPECT_TRUE(is_told([&] { fs::permissions(plugins_ / "b.so", fs::perms::owner_read); })) << "permissions";
  EXPECT_TRUE(is_told([&] { fs::remove(plugins_ / "b.so"); })) << "removed";
  EXPECT_TRUE(is_told([&] { fs::permissions(plugins_, fs::perms::owner_all); })) << "permissions of the directory";
}

TEST_F(FolderWatch, TellsWhatHappensInThePluginFoldersBelow) {
  fs::create_directory(plugins_ / "slack");
  touch(plugins_ / "slack" / "slack.so");
  watch();
  EXPECT_TRUE(is_told([&] { touch(plugins_ / "slack" / "slack.so"); }));
  EXPECT_TRUE(is_told([&] { touch(plugins_ / "slack" / "manifest.json"); }));
  EXPECT_TRUE(is_told([&] { fs::remove(plugins_ / "slack" / "manifest.json"); }));
}

TEST_F(FolderWatch, WatchesNewFoldersAndForgetsRemovedOnes) {
  watch();
  const int at_first = watches();
  EXPECT_TRUE(is_told([&] { fs::create_directory(plugins_ / "slack"); }));
  EXPECT_TRUE(is_told([&] { touch(plugins_ / "slack" / "slack.so"); }));
  fs::create_directory(scratch_.path() / "elsewhere");
  fs::create_directory_symlink(scratch_.path() / "elsewhere", scratch_.path() / "link");
  EXPECT_TRUE(is_told([&] { fs::rename(scratch_.path() / "link", plugins_ / "mail"); }));
  EXPECT_TRUE(is_told([&] { touch(scratch_.path() / "elsewhere" / "mail.so"); })) << "through a symbolic link";
  EXPECT_EQ(watches(), at_first + 2);

  EXPECT_TRUE(is_told([&] { fs::rename(plugins_ / "slack", scratch_.path() / "slack"); }));
  EXPECT_TRUE(is_told([&] { fs::remove(plugins_ / "mail"); }));
  EXPECT_TRUE(testing::eventually([&] { return watches() == at_first; }, testing::patience));
  EXPECT_TRUE(is_told([&] { fs::rename(scratch_.path() / "slack", plugins_ / "slack"); }));
  EXPECT_TRUE(is_told([&] { touch(plugins_ / "slack" / "slack.so"); }));
}

TEST_F(FolderWatch, NoticesADirectoryThatAppears) {
  const auto late = scratch_.path() / "a" / "b" / "plugins";
  watch({late, plugins_});
  EXPECT_TRUE(is_told([&] { fs::create_directories(late); }));
  EXPECT_TRUE(is_told([&] { touch(late / "x.so"); }));
  EXPECT_TRUE(is_told([&] { fs::remove_all(scratch_.path() / "a"); }));
  EXPECT_TRUE(is_told([&] {
    fs::create_directory(scratch_.path() / "made");
    fs::create_directories(scratch_.path() / "made" / "b" / "plugins" / "slack");
    fs::rename(scratch_.path() / "made", scratch_.path() / "a");
  })) << "all at once";
  EXPECT_TRUE(is_told([&] { touch(late / "slack" / "slack.so"); }));
  EXPECT_TRUE(is_told([&] { touch(plugins_ / "x.so"); })) << "the other is still watched";
}

TEST_F(FolderWatch, NoticesADirectoryThatIsReplaced) {
  fs::create_directory(scratch_.path() / "next");
  watch({plugins_ / ""});
  EXPECT_TRUE(is_told([&] {
    fs::rename(plugins_, scratch_.path() / "before");
    fs::rename(scratch_.path() / "next", plugins_);
  }));
  EXPECT_TRUE(is_told([&] { touch(plugins_ / "x.so"); }));
}

TEST_F(FolderWatch, NoticesALinkThatIsPointedElsewhere) {
  const auto link = scratch_.path() / "current";
  fs::create_directory(scratch_.path() / "v2");
  fs::create_directory_symlink(plugins_, link);
  watch({link});
  EXPECT_TRUE(is_told([&] { touch(plugins_ / "x.so"); }));
  EXPECT_TRUE(is_told([&] {
    fs::create_directory_symlink(scratch_.path() / "v2", scratch_.path() / "new");
    fs::rename(scratch_.path() / "new", link);
  }));
  EXPECT_TRUE(is_told([&] { touch(scratch_.path() / "v2" / "x.so"); }));
}

TEST_F(FolderWatch, WatchesADirectoryWithinAnother) {
  const auto inner = plugins_ / "inner";
  fs::create_directories(inner / "slack");
  watch({plugins_, inner, inner});
  EXPECT_TRUE(is_told([&] { touch(inner / "slack" / "slack.so"); }));
  EXPECT_TRUE(is_told([&] { fs::remove_all(inner); }));
  EXPECT_TRUE(is_told([&] { fs::create_directory(inner); }));
  EXPECT_TRUE(is_told([&] { fs::create_directory(inner / "mail"); }));
  EXPECT_TRUE(is_told([&] { touch(inner / "mail" / "mail.so"); }));
}

TEST_F(FolderWatch, WaitsUntilItIsQuiet) {
  constexpr auto quiet = 300ms;
  watch({plugins_}, {.debounce = quiet, .poll_interval = 1h});
  auto longest_gap = clock::duration::zero();
  auto last = clock::now();
  for (int i = 0; i < 100; ++i) {
    touch(plugins_ / ("x" + std::to_string(i) + ".so"));
    longest_gap = std::max(longest_gap, clock::now() - last);
    last = clock::now();
  }
  ASSERT_TRUE(told_.wait_for_more_than(0));
  if (longest_gap > quiet / 2) GTEST_SKIP() << "the machine is too busy to make many changes in a short time";
  EXPECT_GE(clock::now() - last, quiet - longest_gap);
  EXPECT_TRUE(is_told([&] { touch(plugins_ / "y.so"); }));
  EXPECT_EQ(told_.changes(), 2);
}

TEST_F(FolderWatch, TellsWhatNeverGetsQuiet) {
  watch({plugins_}, {.debounce = 300ms, .poll_interval = 1h});
  const auto until = clock::now() + testing::patience;
  while (told_.changes() == 0 && clock::now() < until) touch(plugins_ / "x.so");
  EXPECT_GT(told_.changes(), 0);
}

TEST_F(FolderWatch, DoesNotCountWhatDiscoveryPassesOver) {
  fs::create_directory(plugins_ / "slack");
  watch({plugins_}, {.debounce = 500ms, .poll_interval = 1h});
  const auto begin = clock::now();
  touch(plugins_ / "x.so");
  // If they counted, it would not get quiet, and the change would be told after ten times that.
  while (told_.changes() == 0 && clock::now() < begin + testing::patience) {
    touch(plugins_ / ".x.so.part", "");
    touch(plugins_ / "slack" / "slack.so~", "");
    touch(plugins_ / "slack.so.tmp", "");
  }
  EXPECT_LT(clock::now() - begin, 4s);
}

TEST_F(FolderWatch, SurvivesMoreEventsThanTheKernelKeeps) {
  long most = 0;
  std::ifstream{"/proc/sys/fs/inotify/max_queued_events"} >> most;
  if (most <= 0 || most > 100'000) GTEST_SKIP() << "the kernel keeps too many events";
  touch(plugins_ / ".a");
  touch(plugins_ / ".b");
  watch();
  told_.hold(true);
  ASSERT_TRUE(is_told([&] { touch(plugins_ / "first.so"); }));
  // They do not count, but fill the queue. Equal ones after each other would be one.
  for (long i = 0; i <= most / 2; ++i)
    for (const auto* name : {".a", ".b"}) ASSERT_EQ(::chmod((plugins_ / name).c_str(), 0644), 0);
  fs::create_directory(plugins_ / "lost");
  EXPECT_TRUE(is_told([&] { told_.hold(false); }));
  EXPECT_TRUE(is_told([&] { touch(plugins_ / "lost" / "lost.so"); }));
}

TEST_F(FolderWatch, EndsAtOnceAndTellsNothingAfterwards) {
  watch({plugins_}, {.debounce = 1h, .poll_interval = 1h});
  touch(plugins_ / "x.so");
  const auto begin = clock::now();
  watch_.reset();
  EXPECT_LT(clock::now() - begin, 10s);
  EXPECT_EQ(told_.changes(), 0);
  EXPECT_EQ(watches(), 0);
}

TEST_F(FolderWatch, NeedsNoDirectories) {
  watch({});
  watch({""});
  watch({"/"});
  watch({plugins_ / "x" / ".." / "y", "relative/plugins"});
}

TEST_F(FolderWatch, LooksAgainAndAgainWithoutDescriptors) {
  fs::create_directory(plugins_ / "slack");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  watch();
  const auto fault = told_.wait_for_fault();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_THAT(fault, HasSubstr("plugin directories are looked at every 10 ms instead of being watched"));
  ASSERT_TRUE(told_.wait_for_more_than(0)) << "nothing could be seen before";
  const auto slack = plugins_ / "slack" / "slack.so";
  EXPECT_TRUE(is_told([&] { touch(slack); }));
  EXPECT_TRUE(is_told([&] { touch(slack); }));
  EXPECT_TRUE(is_told([&] { fs::permissions(slack, fs::perms::owner_read); }));
  EXPECT_TRUE(is_told([&] { fs::remove_all(plugins_ / "slack"); }));
  EXPECT_TRUE(is_told([&] { fs::remove_all(plugins_); }));
  EXPECT_TRUE(is_told([&] { fs::create_directory(plugins_); }));
}

TEST_F(FolderWatch, LooksAgainAndAgainWhereItMayPassButNotRead) {
  const auto closed = scratch_.path() / "closed";
  fs::create_directory(closed);
  ASSERT_EQ(::chmod(closed.c_str(), 0311), 0);
  const bool was_root = ::geteuid() == 0;
  ASSERT_TRUE(!was_root || ::seteuid(65534) == 0);
  watch({closed / "plugins"});
  const auto fault = told_.wait_for_fault();
  ASSERT_TRUE(!was_root || ::seteuid(0) == 0);
  EXPECT_THAT(fault, HasSubstr("closed may not be read"));
  EXPECT_TRUE(is_told([&] { fs::create_directory(closed / "plugins"); }));
}

TEST_F(FolderWatch, EndsAtOnceWithoutDescriptors) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  watch({plugins_}, {.debounce = 1h, .poll_interval = 1h});
  EXPECT_THAT(told_.wait_for_fault(), HasSubstr("every 3600 s"));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  const auto begin = clock::now();
  watch_.reset();
  EXPECT_LT(clock::now() - begin, 10s);
}

/// In a process of its own, in which the kernel allows so many watches.
class FewWatches : public FolderWatch {
 protected:
  static constexpr int cannot_limit = 77;

  /// The exit code of `check`, which returns 0 when all is well.
  int run(int most, const std::function<int()>& check) {
    const auto child = ::fork();
    if (child == 0) {
      if (::unshare(CLONE_NEWUSER) != 0) ::_exit(cannot_limit);
      if (!(std::ofstream{"/proc/sys/user/max_inotify_watches"} << most << std::flush)) ::_exit(cannot_limit);
      ::_exit(check());
    }
    int status = -1;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    return WEXITSTATUS(status);
  }
};

TEST_F(FewWatches, AreReportedAtTheStart) {
  for (const auto* name : {"a", "b", "c", "d"}) fs::create_directory(plugins_ / name);
  const int outcome = run(3, [&] {
    watch();
    if (told_.wait_for_fault().find("raise fs.inotify.max_user_watches") == std::string::npos) return 1;
    if (watches() != 0) return 2;
    if (!is_told([&] { touch(plugins_ / "d" / "d.so"); })) return 3;
    watch_.reset();
    return 0;
  });
  if (outcome == cannot_limit) GTEST_SKIP() << "no user namespace to be had";
  EXPECT_EQ(outcome, 0);
}

TEST_F(FewWatches, AreReportedWhenTheyRunOut) {
  const int outcome = run(3, [&] {
    watch();
    if (watches() != 2) return 1;
    if (!is_told([&] { fs::create_directory(plugins_ / "a"); })) return 2;
    if (!is_told([&] { touch(plugins_ / "a" / "a.so"); })) return 3;
    if (!is_told([&] { fs::create_directory(plugins_ / "b"); })) return 4;
    if (told_.wait_for_fault().find("raise fs.inotify.max_user_watches") == std::string::npos) return 5;
    if (watches() != 0) return 6;
    if (!is_told([&] { touch(plugins_ / "b" / "b.so"); })) return 7;
    watch_.reset();
    return 0;
  });
  if (outcome == cannot_limit) GTEST_SKIP() << "no user namespace to be had";
  EXPECT_EQ(outcome, 0);
}

}  // namespace
}  // namespace streamspace
