// What becomes of a plugin's writes when the database, its connections, its disk or the host fail: nothing that was
// acknowledged is lost, and nothing is there twice.
#include <csignal>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <integration/persistence/forked.hpp>
#include <integration/persistence/small_mount.hpp>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>

#include <streamspace/persistence/embedded_postgres.hpp>
#include <streamspace/persistence/pg_connection.hpp>
#include <streamspace/plugin.hpp>
#include <streamspace/runtime.hpp>

namespace streamspace {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::eventually;
using testing::forked;
using testing::mount_small;
using testing::patience;
using ::testing::StartsWith;

embedded_postgres_options durable() {
  embedded_postgres_options options;
  options.startup_timeout = patience;
  return options;
}

/// A runtime with one plugin, whose context is used as the plugin would.
class host {
 public:
  explicit host(const std::string& url) : runtime_{options_for(url)} {
    runtime_.auto_start(false);
    runtime_.register_builtin({plain_manifest("writer"), [this] {
                                 return made_plugin{nullptr, std::make_unique<writer>(context_), hooks_of<writer>()};
                               }});
    runtime_.start();
    runtime_.load({.name = "writer"});
  }

  plugin_context& context() const { return *context_; }

 private:
  class writer final : public base_plugin {
   public:
    explicit writer(plugin_context*& seen) : seen_{seen} {}
    void on_load(plugin_context& ctx) override {
      seen_ = &ctx;
      ctx.database().migrate(
          "CREATE TABLE IF NOT EXISTS rows (key text NOT NULL); "
          "CREATE TABLE IF NOT EXISTS heard (key text NOT NULL)");
      ctx.events()
          .on("plugin.writer.row",
              [&ctx](const event& e) {
                ctx.database().exec("INSERT INTO heard VALUES ($1)", e.data()["key"].get<std::string>());
              })
          .durable("rows", {.attempts = 1'000'000, .first_pause = 10ms, .longest_pause = 100ms});
    }

   private:
    plugin_context*& seen_;
  };

  static runtime_options options_for(const std::string& url) {
    runtime_options options;
    options.database_url = url;
    options.database_deadline = 1s;
    options.event_log_lease = 1s;
    options.log = [](const log_record&) {};
    return options;
  }

  plugin_context* context_ = nullptr;
  runtime runtime_;
};

/// Threads that write through the plugin, every key once: into its storage, and in transactions into its table.
class writers {
 public:
  explicit writers(plugin_context& ctx, std::function<void(const std::string&)> acknowledged = {})
      : context_{ctx}, told_{std::move(acknowledged)} {
    for (int i = 0; i < 4; ++i) threads_.emplace_back([this, i] { write(i); });
  }
  ~writers() { stop(); }
  writers(const writers&) = delete;
  writers& operator=(const writers&) = delete;

  void stop() {
    over_ = true;
    threads_.clear();
  }

  std::set<std::string> acknowledged() const {
    std::lock_guard lock{mutex_};
    return acknowledged_;
  }
  /// Whether so many more are acknowledged soon.
  bool go_on(std::size_t more) const {
    const auto before = done_.load();
    return eventually([&] { return done_ >= before + more; });
  }
  bool fail(int more) const {
    const auto before = failed_.load();
    return eventually([&] { return failed_ >= before + more; });
  }

 private:
  void write(int thread) {
    for (int n = 0; !over_; ++n) {
      const auto key = std::to_string(thread) + "-" + std::to_string(n) + (n % 2 == 0 ? " stored" : " row");
      try {
        if (n % 2 == 0)
          context_.storage().set(key, n);
        else
          context_.database().transaction([&](transaction& tx) {
            tx.exec("INSERT INTO rows VALUES ($1)", key);
            tx.emit("row", {{"key", key}});
          });
      } catch (const error&) {
        ++failed_;
        continue;
      }
      {
        std::lock_guard lock{mutex_};
        acknowledged_.insert(key);
      }
      ++done_;
      if (told_) told_(key);
    }
  }

  plugin_context& context_;
  const std::function<void(const std::string&)> told_;
  std::atomic<bool> over_{false};
  std::atomic<std::size_t> done_{0};
  std::atomic<int> failed_{0};
  mutable std::mutex mutex_;
  std::set<std::string> acknowledged_;
  std::vector<std::jthread> threads_;
};

/// Every one of the keys is there, none of them twice.
void expect_kept(const std::string& url, const std::set<std::string>& keys) {
  pg_connection on{url, patience};
  std::multiset<std::string> there;
  for (const auto row :
       on.execute({"SELECT key FROM plugin_storage UNION ALL SELECT key FROM plugin_writer.rows", {}}, patience))
    there.insert(row.get<std::string>(0));
  for (const auto& key : keys) EXPECT_EQ(there.count(key), 1U) << key;
  EXPECT_EQ(there.size(), std::set<std::string>(there.begin(), there.end()).size());
}

/// Every row was made known, and nothing else.
void expect_heard(const std::string& url) {
  pg_connection on{url, patience};
  const auto count = [&](const char* text) { return on.execute({text, {}}, patience)[0].get<int>(0); };
  EXPECT_TRUE(eventually([&] {
    return count("SELECT count(*) FROM plugin_writer.rows WHERE key NOT IN (SELECT key FROM plugin_writer.heard)") == 0;
  }));
  EXPECT_EQ(count("SELECT count(*) FROM plugin_writer.heard WHERE key NOT IN (SELECT key FROM plugin_writer.rows)"), 0);
}

class DatabaseFaults : public ::testing::Test {
 protected:
  fs::path where() const { return scratch_.path() / "data"; }

  testing::scratch_folder scratch_{testing::fast_temporary_folder()};
};

TEST_F(DatabaseFaults, AServerThatIsKilledAndComesBackLosesNothing) {
  const data_folder folder{where()};
  embedded_postgres server{folder, durable()};
  server.start();
  const host plugin{server.url()};
  writers all{plugin.context()};
  for (int time = 0; time < 3; ++time) {
    ASSERT_TRUE(all.go_on(200));
    ASSERT_EQ(::kill(server.pid(), SIGKILL), 0);
    EXPECT_TRUE(all.fail(4)) << "errors, not hangs";
    ASSERT_TRUE(eventually([&] { return !server.running(); }));
    server.start();
  }
  EXPECT_TRUE(all.go_on(200)) << "without a restart of ours";
  all.stop();
  expect_kept(server.url(), all.acknowledged());
  expect_heard(server.url());
}

TEST_F(DatabaseFaults, ConnectionsThatAreTerminatedAgainAndAgainLoseNothing) {
  const data_folder folder{where()};
  embedded_postgres server{folder, durable()};
  server.start();
  const host plugin{server.url()};
  writers all{plugin.context()};
  pg_connection other{server.url(), patience};
  for (int time = 0; time < 20; ++time) {
    other.execute({"SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                   "WHERE datname = current_database() AND pid <> pg_backend_pid()",
                   {}},
                  patience);
    ASSERT_TRUE(all.go_on(20));
  }
  all.stop();
  expect_kept(server.url(), all.acknowledged());
  expect_heard(server.url());
}

TEST_F(DatabaseFaults, BackendsThatStandStillCostTheirDeadlineAndNothingElse) {
  const data_folder folder{where()};
  embedded_postgres server{folder, durable()};
  server.start();
  const host plugin{server.url()};
  writers all{plugin.context()};
  ASSERT_TRUE(all.go_on(200));
  std::vector<pid_t> stopped;
  pg_connection other{server.url(), patience};
  for (const auto row : other.execute({"SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' "
                                       "AND pid <> pg_backend_pid()",
                                       {}},
                                      patience)) {
    stopped.push_back(row.get<pid_t>(0));
    ::kill(stopped.back(), SIGSTOP);
  }
  EXPECT_TRUE(all.fail(4));
  for (const auto pid : stopped) ::kill(pid, SIGCONT);
  EXPECT_TRUE(all.go_on(200));
  all.stop();
  expect_kept(server.url(), all.acknowledged());
  expect_heard(server.url());
}

TEST_F(DatabaseFaults, AHostThatIsKilledLosesNothingThatItAcknowledged) {
  const auto url_file = scratch_.path() / "url";
  forked killed{[&](auto say) {
    if (!eventually([&] { return fs::exists(url_file); })) return;
    std::string url;
    std::getline(std::ifstream{url_file}, url);
    const host plugin{url};
    writers all{plugin.context(), say};
    ::pause();
  }};
  const data_folder folder{where()};
  embedded_postgres server{folder, durable()};
  server.start();
  std::ofstream{scratch_.path() / "url.new"} << server.url() << '\n';
  fs::rename(scratch_.path() / "url.new", url_file);
  std::set<std::string> acknowledged;
  while (acknowledged.size() < 500) {
    const auto line = killed.line();
    ASSERT_THAT(line, ::testing::AnyOf(::testing::EndsWith(" stored"), ::testing::EndsWith(" row")));
    acknowledged.insert(line);
  }
  ::kill(killed.pid(), SIGKILL);
  for (auto line = killed.line(); !line.empty(); line = killed.line()) acknowledged.insert(line);
  expect_kept(server.url(), acknowledged);
  const host again{server.url()};
  expect_heard(server.url());
}

/// Letters that cannot be compressed much.
std::string noise(std::size_t length) {
  static std::minstd_rand random{1};
  std::string text(length, ' ');
  for (auto& c : text) c = static_cast<char>(' ' + random() % 64);
  std::replace(text.begin(), text.end(), '\\', '/');
  std::replace(text.begin(), text.end(), '"', '\'');
  return text;
}

TEST_F(DatabaseFaults, AFullDiskIsAnErrorAndLosesNothing) {
  fs::create_directory(where());
  forked filler{[&](auto say) {
    if (!mount_small(where(), "size=160m")) return say("not allowed");
    const data_folder folder{where()};
    const auto ballast = where() / "ballast";
    std::ofstream{ballast} << std::string(32 << 20, 'x');
    auto options = durable();
    // Whole pages in the log would fill the disk again when all is cleared, before a checkpoint makes room.
    options.settings = {{"max_wal_size", "32MB"}, {"min_wal_size", "32MB"}, {"full_page_writes", "off"}};
    embedded_postgres server{folder, options};
    server.start();
    std::map<std::string, std::string> kept;
    std::string refusal;
    {
      const host plugin{server.url()};
      for (int n = 0; refusal.empty() && n < 1'000; ++n) {
        auto value = noise(500'000);
        const auto key = std::to_string(n);
        try {
          plugin.context().storage().set(key, value);
          kept[key] = std::move(value);
        } catch (const error& e) {
          refusal = to_string(e.code());
        }
      }
    }
    say(refusal);
    fs::remove(ballast);
    // PostgreSQL gives up, or recovers for a while, when it cannot write its log.
    server.stop(10s);
    server.start();
    const host plugin{server.url()};
    std::size_t found = 0;
    for (const auto& [key, value] : kept) found += plugin.context().storage().get(key) == json(value) ? 1 : 0;
    say(std::to_string(found) + " of " + std::to_string(kept.size()));
    plugin.context().storage().clear();
    say("again: " + std::to_string(plugin.context().storage().increment("n")));
  }};
  const auto refusal = filler.line();
  if (refusal == "not allowed") GTEST_SKIP() << "needs the right to mount";
  EXPECT_THAT(refusal, ::testing::AnyOf("database_error", "database_unreachable", "timeout"));
  const auto found = filler.line();
  const auto kept = found.substr(found.find(" of ") + 4);
  EXPECT_EQ(found, kept + " of " + kept);
  EXPECT_NE(kept, "0");
  EXPECT_THAT(filler.line(), StartsWith("again: 1"));
}

}  // namespace
}  // namespace streamspace
