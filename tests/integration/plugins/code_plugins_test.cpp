// Plugins from files: real shared objects, good and bad ones, loaded, replaced and let go of by a real runtime.
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <support/heap.hpp>
#include <support/sanitizers.hpp>

#include "../actors/database_runtime_test.hpp"
#include "plugin_folder.hpp"

namespace streamspace::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

response ask(runtime& rt, const std::string& path, name_values params = {}) {
  const auto routes = rt.routes().current();
  for (const auto& endpoint : *routes) {
    if (endpoint.path != path) continue;
    std::promise<response> answered;
    request rq;
    rq.method = "GET";
    rq.path = path;
    rq.params = std::move(params);
    endpoint.dispatch(std::move(rq), responder{[&](response r) { answered.set_value(std::move(r)); }});
    return answered.get_future().get();
  }
  return response{404};
}

json count_of(runtime& rt) {
  return ask(rt, "/api/plugins/counter/count").json();
}

class CodePlugins : public runtime_test, protected plugin_folder {
 protected:
  /// Why it is refused.
  std::string refusal_of(runtime& rt, const std::string& plugin) {
    rt.discover();
    const auto refused = failure_of([&] { rt.load({.name = plugin}); });
    return refused ? refused->message() : "it was loaded";
  }

  std::unique_ptr<runtime> looking(std::optional<runtime_options> with = {}) {
    auto settings = with ? std::move(*with) : options();
    look_into(settings);
    return started({}, std::move(settings));
  }
};

TEST_F(CodePlugins, AreLoadedFromTheirFiles) {
  put("counter", "counter_1");
  const auto rt = looking();
  EXPECT_THAT(rt->available(), ElementsAre(AllOf(Field(&available_plugin::name, "counter"),
                                                 Field(&available_plugin::file, file_of("counter").string()),
                                                 Field(&available_plugin::rejected, ""))));
  const auto loaded = rt->load({.name = "counter"});
  EXPECT_FALSE(loaded.builtin);
  EXPECT_EQ(loaded.file, file_of("counter").string());
  EXPECT_EQ(loaded.code_sha256.size(), 64U);
  rt->emit_sync("counter.tick", json{{"number", 1}});
  EXPECT_EQ(count_of(*rt), (json{{"count", 1}, {"inOrder", true}, {"version", "1.0.0"}}));
}

TEST_F(CodePlugins, AreFoundWhenTheyComeWhileTheRuntimeRuns) {
  const auto rt = looking();
  EXPECT_THAT(rt->available(), IsEmpty());
  put("counter", "counter_1");
  EXPECT_TRUE(eventually([&] { return rt->available().size() == 1; }));
  EXPECT_EQ(rt->load({.name = "counter"}).state, plugin_state::enabled);
}

TEST_F(CodePlugins, LeaveNoCodeBehindWhenTheyAreUnloaded) {
  put("counter", "counter_1");
  const auto rt = looking();
  rt->load({.name = "counter"});
  ASSERT_THAT(rt->mapped_code_files(), ElementsAre(Field(&mapped_code::plugin, "counter")));
  rt->unload("counter");
  EXPECT_TRUE(eventually([&] { return rt->mapped_code_files().empty(); }));
  EXPECT_TRUE(fs::is_empty(code()));
  EXPECT_TRUE(eventually([&] { return rt->remains().empty(); })) << json(rt->remains());
}

TEST_F(CodePlugins, RunTheCodeThatIsThereNowWhenTheyAreLoadedAgain) {
  put("counter", "counter_1");
  const auto rt = looking();
  rt->load({.name = "counter"});
  rt->unload("counter");
  put("counter", "counter_2", "2.0.0");
  rt->discover();
  EXPECT_EQ(rt->load({.name = "counter"}).version, "2.0.0");
  EXPECT_EQ(count_of(*rt)["version"], "2.0.0");
}

TEST_F(CodePlugins, SayWhichCodeStaysInMemory) {
  put("clinging", "thread_local_object");
  const auto rt = looking();
  rt->load({.name = "clinging"});
  rt->unload("clinging");
  EXPECT_TRUE(eventually([&] {
    const auto mapped = rt->mapped_code_files();
    return mapped.size() == 1 && mapped.front().now == mapped_code::state::kept;
  }));
  EXPECT_TRUE(logs().has(log_level::warn, "stays in memory"));
  const auto remains = rt->remains();
  ASSERT_EQ(remains.size(), 1U);
  EXPECT_EQ(json(remains.front()), (json{{"plugin", "clinging"}, {"code", {file_of("clinging").string()}}}));
  EXPECT_TRUE(eventually([&] { return logs().has(log_level::warn, "is still there after it was unloaded"); }));
}

TEST_F(CodePlugins, AreRefusedWithOneClearSentence) {
  const auto rt = looking();
  put("plain", "no_entry");
  EXPECT_THAT(refusal_of(*rt, "plain"), HasSubstr("no function NewPlugin; write STREAMSPACE_PLUGIN"));
  put("recordless", "no_record");
  EXPECT_THAT(refusal_of(*rt, "recordless"), HasSubstr("no record of what it was built with"));
  put("newer", "other_sdk");
  EXPECT_THAT(refusal_of(*rt, "newer"),
              HasSubstr("plugin newer 1.0.0 is refused: built for SDK 99, this server has SDK 1; rebuild it"));
  put("incomplete", "missing_symbol");
  EXPECT_THAT(refusal_of(*rt, "incomplete"), HasSubstr("needs what this server does not have"));
  put("unlucky", "throwing");
  EXPECT_THAT(refusal_of(*rt, "unlucky"), AllOf(HasSubstr("its constructor threw"), HasSubstr("no such luck")));
  put_bytes("text", "#!/bin/sh\necho no\n");
  EXPECT_THAT(refusal_of(*rt, "text"), HasSubstr("it is no ELF file"));
  put_bytes("empty", "");
  EXPECT_THAT(refusal_of(*rt, "empty"), HasSubstr("it is no ELF file"));
  EXPECT_EQ(code_of([&] { rt->load({.name = "text"}); }), ec::plugin_incompatible);
  EXPECT_EQ(code_of([&] { rt->load({.name = "absent"}); }), ec::not_found);
  EXPECT_TRUE(eventually([&] { return rt->mapped_code_files().empty(); }));
}

TEST_F(CodePlugins, AreRefusedWhereverTheirFileIsCutOff) {
  const auto rt = looking();
  const auto whole = bytes_of(fixture("counter_1"));
  for (const auto bytes : {std::size_t{4}, whole.size() / 1'000, whole.size() / 10, whole.size() / 2,
                           whole.size() / 10 * 9, whole.size() - whole.size() / 1'000}) {
    put_bytes("cut", whole.substr(0, bytes));
    EXPECT_THAT(refusal_of(*rt, "cut"), HasSubstr("no whole ELF file")) << bytes;
  }
}

TEST_F(CodePlugins, AreRefusedWhenTheyAreBuiltForAnotherMachine) {
  const auto rt = looking();
  auto other = bytes_of(fixture("counter_1"));
  other[18] = '\xb7';  // e_machine: AArch64
  put_bytes("foreign", other);
#ifdef __x86_64__
  EXPECT_THAT(refusal_of(*rt, "foreign"), HasSubstr("built for AArch64, and this machine is x86-64"));
#endif
}

TEST_F(CodePlugins, SurviveEverySingleChangedByteOfTheirHeaders) {
  const auto rt = looking();
  const auto whole = bytes_of(fixture("counter_1"));
  for (std::size_t at = 0; at < 64; ++at) {
    auto changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ '\xff');
    put_bytes("odd", changed);
    static_cast<void>(refusal_of(*rt, "odd"));
    if (rt->plugin("odd") && rt->plugin("odd")->state == plugin_state::enabled) rt->unload("odd");
  }
}

TEST_F(CodePlugins, AreRefusedWhenOthersMayChangeThem) {
  const auto rt = looking();
  put("open", "counter_1");
  fs::permissions(file_of("open"), fs::perms::others_write, fs::perm_options::add);
  EXPECT_THAT(refusal_of(*rt, "open"), HasSubstr("chmod o-w"));
  put("wide", "counter_1");
  fs::permissions(directory() / "wide", fs::perms::others_write, fs::perm_options::add);
  EXPECT_THAT(refusal_of(*rt, "wide"), HasSubstr("chmod o-w"));
}

TEST_F(CodePlugins, AreGivenUpWhenTheyHangInOnLoadAndGoWhenTheyReturn) {
  put("hanging", "hanging");
  put("counter", "counter_1");
  auto settings = options();
  settings.load_deadline = std::chrono::seconds{1};
  const auto rt = looking(std::move(settings));
  const auto until = directory() / "go-on";
  const auto failed = failure_of([&] { rt->load({.name = "hanging", .config = {{"until", until.string()}}}); });
  ASSERT_TRUE(failed);
  EXPECT_THAT(failed->message(), AllOf(HasSubstr("plugin hanging could not be loaded"), HasSubstr("on_load")));
  EXPECT_EQ(rt->plugin("hanging")->state, plugin_state::failed);
  EXPECT_EQ(ask(*rt, "/api/plugins/hanging/never").status, 404) << "nothing of what it registered is in force";
  EXPECT_EQ(rt->mapped_code_files().size(), 1U) << "its code is in a call";
  std::ofstream{until} << "now";
  EXPECT_TRUE(eventually([&] { return rt->mapped_code_files().empty(); }));
  EXPECT_EQ(rt->load({.name = "hanging", .config = {{"until", until.string()}}}).state, plugin_state::enabled);
}

TEST_F(CodePlugins, OfEqualNamesOfThingsDoNotDisturbEachOther) {
  put("counter", "counter_1");
  put("other", "counter_2", "2.0.0");
  const auto rt = looking();
  rt->load({.name = "counter"});
  rt->load({.name = "other"});
  rt->emit_sync("counter.tick", json{{"number", 1}});
  EXPECT_EQ(count_of(*rt)["version"], "1.0.0");
  EXPECT_EQ(ask(*rt, "/api/plugins/other/count").json()["version"], "2.0.0");
}

// -- reloading ------------------------------------------------------------------------------------------------------

TEST_F(CodePlugins, HandTheirStateOverToTheNextVersion) {
  put("counter", "counter_1");
  const auto rt = looking();
  rt->load({.name = "counter"});
  rt->emit_sync("counter.tick", json{{"number", 1}});
  put("counter", "counter_2", "2.0.0");
  rt->discover();
  EXPECT_EQ(rt->reload("counter").version, "2.0.0");
  EXPECT_EQ(count_of(*rt), (json{{"count", 1}, {"inOrder", true}, {"version", "2.0.0"}}));
  EXPECT_TRUE(eventually([&] { return rt->mapped_code_files().size() == 1; }));
}

TEST_F(CodePlugins, GoOnWhenTheNextVersionFails) {
  for (const auto* where : {"on_load", "restore_state", "on_enable"}) {
    put("counter", "counter_1");
    const auto rt = looking();
    rt->load({.name = "counter", .config = {{"failsIn", where}}});
    rt->emit_sync("counter.tick", json{{"number", 1}});
    put("counter", "counter_failing", "3.0.0");
    rt->discover();
    const auto failed = failure_of([&] { rt->reload("counter"); });
    ASSERT_TRUE(failed) << where;
    EXPECT_THAT(failed->message(), AllOf(HasSubstr(where), HasSubstr("not today"), HasSubstr("version 1.0.0 goes on")));
    rt->emit_sync("counter.tick", json{{"number", 2}});
    EXPECT_EQ(count_of(*rt), (json{{"count", 2}, {"inOrder", true}, {"version", "1.0.0"}})) << where;
    EXPECT_EQ(rt->plugin("counter")->version, "1.0.0");
    EXPECT_TRUE(eventually([&] { return rt->mapped_code_files().size() == 1; })) << where;
  }
}

TEST_F(CodePlugins, LoseNothingWhenTheyAreReloadedUnderLoad) {
  put("counter", "counter_1");
  // The emitter waits for nobody, and a reload holds the turn for a while.
  auto settings = options();
  settings.inbox.events = 16'000'000;
  settings.inbox.event_bytes = std::size_t{1} << 40U;
  const auto rt = looking(std::move(settings));
  rt->load({.name = "counter"});
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> emitted{0};
  std::atomic<int> asked{0};
  std::atomic<int> wrong{0};
  std::thread events{[&] {
    while (!stop) {
      const auto report = rt->emit("counter.tick", json{{"number", emitted + 1}});
      if (report.enqueued == 1)
        ++emitted;
      else
        std::this_thread::yield();
    }
  }};
  std::thread requests{[&] {
    while (!stop) {
      const auto answer = ask(*rt, "/api/plugins/counter/count");
      wrong += answer.status == 200 && answer.json()["inOrder"] == true ? 0 : 1;
      ++asked;
    }
  }};
  for (int i = 0; i < 40; ++i) {
    put("counter", i % 2 == 0 ? "counter_2" : "counter_1", i % 2 == 0 ? "2.0.0" : "1.0.0");
    rt->discover();
    EXPECT_EQ(rt->reload("counter").version, i % 2 == 0 ? "2.0.0" : "1.0.0");
  }
  EXPECT_TRUE(eventually([&] { return asked > 100 && emitted > 100; }));
  stop = true;
  events.join();
  requests.join();
  EXPECT_TRUE(eventually([&] { return count_of(*rt)["count"] == emitted.load(); }))
      << count_of(*rt) << " of " << emitted.load();
  EXPECT_EQ(count_of(*rt)["inOrder"], true);
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(rt->plugin("counter")->counters.dropped, 0U);
}

// -- services -------------------------------------------------------------------------------------------------------

TEST_F(CodePlugins, CallServicesOfOtherFiles) {
  put("rates", "exchange");
  put("shop", "shop", "1.0.0", {{"rates", "*"}});
  const auto rt = looking();
  rt->load({.name = "rates"});
  rt->load({.name = "shop"});
  const auto price_in = [&](const char* currency) {
    return ask(*rt, "/api/plugins/shop/price/:currency", {{"currency", currency}});
  };
  EXPECT_EQ(price_in("GBP").json()["price"], 125.0);
  EXPECT_EQ(price_in("XXX").status, 404) << "the error that the other file threw";
  rt->reload("rates");
  EXPECT_EQ(price_in("EUR").json()["price"], 100.0);
  rt->emit("shop.ask", json{{"currency", "GBP"}});
  EXPECT_TRUE(eventually([&] { return ask(*rt, "/api/plugins/shop/last").json()["last"] == 1.25; }));
  EXPECT_EQ(code_of([&] { rt->unload("rates"); }), ec::conflict);
  rt->unload("shop");
  rt->unload("rates");
  EXPECT_TRUE(eventually([&] { return rt->mapped_code_files().empty(); }));
}

TEST_F(CodePlugins, SayThatAServiceIsOfAnotherVersion) {
  put("rates", "exchange_newer");
  put("shop", "shop", "1.0.0", {{"rates", "*"}});
  const auto rt = looking();
  rt->load({.name = "rates"});
  EXPECT_THAT(refusal_of(*rt, "shop"),
              HasSubstr("offers the service exchange version 2, and it is asked for exchange version 1"));
}

TEST_F(CodePlugins, MayGoWhileTheyWaitForAService) {
  put("rates", "exchange");
  put("shop", "shop", "1.0.0", {{"rates", "*"}});
  const auto rt = looking();
  rt->load({.name = "rates"});
  for (int i = 0; i < 30; ++i) {
    rt->load({.name = "shop"});
    for (int n = 0; n < 50; ++n) rt->emit("shop.ask", json{{"currency", "GBP"}});
    rt->unload("shop");
  }
  EXPECT_TRUE(eventually([&] { return rt->mapped_code_files().size() == 1; }));
}

// -- actors ---------------------------------------------------------------------------------------------------------

TEST_F(CodePlugins, ThatAreActorsComeAndGoWithTheirHelpers) {
  put("counter", "actor");
  const auto rt = looking();
  const auto threads = std::distance(fs::directory_iterator{"/proc/self/task"}, fs::directory_iterator{});
  for (int i = 0; i < 20; ++i) {
    rt->load({.name = "counter"});
    for (int n = 0; n < 50; ++n) rt->emit("counter.tick", json::object());
    EXPECT_TRUE(eventually([&] { return count_of(*rt)["doubled"] == 100; }));
    for (int n = 0; n < 50; ++n) rt->emit("counter.tick", json::object());
    rt->reload("counter");
    EXPECT_TRUE(eventually([&] { return count_of(*rt)["count"] == 100; })) << "it goes on, and nothing is lost";
    for (int n = 0; n < 50; ++n) rt->emit("counter.tick", json::object());
    rt->unload("counter");
  }
  EXPECT_TRUE(eventually([&] { return rt->mapped_code_files().empty(); }));
  EXPECT_TRUE(eventually([&] {
    return std::distance(fs::directory_iterator{"/proc/self/task"}, fs::directory_iterator{}) <= threads + 2;
  }));
}

// -- with a database ------------------------------------------------------------------------------------------------

class CodePluginsWithData : public database_runtime_test, protected plugin_folder {
 protected:
  std::unique_ptr<runtime> looking() {
    auto settings = with_database();
    look_into(settings);
    return started_on_database({}, std::move(settings));
  }
};

TEST_F(CodePluginsWithData, AreInstalledAndLoadedAtTheNextStart) {
  put("counter", "counter_1");
  {
    const auto rt = looking();
    EXPECT_THAT(rt->plugins(), IsEmpty()) << "what is found is not installed by itself";
    EXPECT_EQ(rt->install("counter").state, plugin_state::enabled);
  }
  const auto rt = looking();
  EXPECT_EQ(state_of(*rt, "counter"), plugin_state::enabled);
}

TEST_F(CodePluginsWithData, AreNotLoadedFromAnotherFileThanTheInstalledOne) {
  put("counter", "counter_1");
  const auto rt = looking();
  rt->install("counter");
  put("counter", "counter_2", "2.0.0");
  rt->discover();
  const auto refused = failure_of([&] { rt->reload("counter"); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), ec::plugin_incompatible);
  EXPECT_THAT(refused->message(), HasSubstr("its file is not the one that was installed"));
  EXPECT_EQ(code_of([&] { rt->configure("counter", {{"x", 1}}); }), ec::plugin_incompatible);
  EXPECT_EQ(count_of(*rt)["version"], "1.0.0");
  EXPECT_EQ(rt->install("counter").version, "2.0.0");
  EXPECT_EQ(count_of(*rt)["version"], "2.0.0");
}

TEST_F(CodePluginsWithData, GoOnWithWhatWasRecordedWhenTheNextVersionCannotBeInstalled) {
  put("counter", "counter_1");
  const auto rt = looking();
  rt->install("counter", json{{"failsIn", "on_load"}});
  put("counter", "counter_failing", "3.0.0");
  rt->discover();
  EXPECT_EQ(code_of([&] { rt->install("counter"); }), ec::plugin_failed);
  EXPECT_EQ(count_of(*rt)["version"], "1.0.0");
  EXPECT_EQ(query("SELECT version FROM installed_plugins WHERE name = 'counter'")[0].get<std::string>(0), "1.0.0");
}

TEST_F(CodePluginsWithData, MayGoWhileTheyWaitForTheDatabase) {
  put("awaiting", "awaiting");
  const auto rt = looking();
  rt->install("awaiting");
  rt->emit_sync("awaiting.go", json::object());
  const auto running = [&] {
    return query(
               "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep%' "
               "AND pid <> pg_backend_pid()")[0]
        .get<int>(0);
  };
  ASSERT_TRUE(eventually([&] { return running() == 1; }));
  rt->unload("awaiting");
  ASSERT_TRUE(eventually([&] { return rt->mapped_code_files().empty(); }));
  ASSERT_TRUE(eventually([&] { return running() == 0; })) << "the answer has come when nobody is there any more";
  EXPECT_EQ(rt->load("awaiting").state, plugin_state::enabled);
}

TEST_F(CodePluginsWithData, TakeBackWhatTheyDidToTheirTablesWhenTheyCannotTakeOver) {
  put("tables", "tables_1");
  const auto rt = looking();
  rt->install("tables");
  const auto layout = [&] {
    return query(
               "SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables "
               "WHERE schemaname = 'plugin_tables' AND tablename IN ('one', 'two')")[0]
        .get<std::string>(0);
  };
  EXPECT_EQ(layout(), "one");
  put("tables", "tables_2", "2.0.0");
  rt->discover();
  EXPECT_EQ(code_of([&] { rt->install("tables", json{{"fails", true}}); }), ec::plugin_failed);
  EXPECT_EQ(layout(), "one");
  rt->install("tables", json{{"fails", false}});
  EXPECT_EQ(layout(), "one two");
}

// -- what stays -----------------------------------------------------------------------------------------------------

std::size_t entries_of(const char* folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator{folder}, fs::directory_iterator{}));
}

TEST_F(CodePlugins, LeaveNothingBehindHoweverOftenTheyComeAndGo) {
  constexpr int rounds = sanitized ? 60 : 1'000;
  put("counter", "counter_1");
  auto settings = options();
  settings.log = [](const log_record&) {};
  const auto rt = looking(std::move(settings));
  std::int64_t number = 0;
  const auto round = [&](int i) {
    i % 4 == 0 ? rt->unload("counter"), rt->load({.name = "counter"}) : rt->reload("counter");
    if (i % 4 == 0) number = 0;
    rt->emit("counter.tick", json{{"number", ++number}});
    EXPECT_EQ(ask(*rt, "/api/plugins/counter/count").status, 200);
  };
  const auto all_closed = [&] { return rt->mapped_code_files().size() == 1; };
  rt->load({.name = "counter"});
  for (int i = 0; i < rounds / 10; ++i) round(i);
  ASSERT_TRUE(eventually(all_closed));
  const auto files = entries_of("/proc/self/fd");
  const auto threads = entries_of("/proc/self/task");
  const auto heap = heap_in_use();
  for (int i = 0; i < rounds; ++i) round(i);
  EXPECT_TRUE(eventually(all_closed));
  EXPECT_EQ(count_of(*rt)["inOrder"], true);
  EXPECT_LE(entries_of("/proc/self/fd"), files);
  EXPECT_TRUE(eventually([&] { return entries_of("/proc/self/task") <= threads + 2; }));
  EXPECT_EQ(entries_of(code().c_str()), 1U);
  if (heap_is_seen()) {
    EXPECT_TRUE(eventually([&] { return heap_in_use() <= heap + 1'000'000; })) << heap_in_use() - heap;
  }
}

}  // namespace
}  // namespace streamspace::testing
