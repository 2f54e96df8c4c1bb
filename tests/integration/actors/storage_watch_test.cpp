// Plugins that watch keys of their storage, on a real PostgreSQL.
#include <stdexcept>

#include <gmock/gmock.h>

#include "obedient_plugin_test.hpp"

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::code_of;
using ::testing::ElementsAre;

class StorageWatch : public testing::obedient_plugin_test {
 protected:
  storage_change_handler note() {
    return [book = book_](const storage_change& change) {
      constexpr const char* what[] = {"set", "removed", "expired"};
      book->write(std::string{what[static_cast<int>(change.what)]} + " " + change.key +
                  (change.value ? " " + change.value->dump() : ""));
    };
  }
  /// What was told next, of so many.
  std::vector<std::string> news(std::size_t many = 1) {
    EXPECT_TRUE(book_->await(many));
    auto lines = book_->lines();
    book_->clear();
    return lines;
  }
  void watch(runtime& rt, const std::string& prefix) {
    in_turn(rt, "p", [&](plugin_context& ctx) { ctx.storage().watch(prefix, note()); });
  }
};

TEST_F(StorageWatch, TellsWhatThePluginItselfChanges) {
  const auto rt = started_on_database({obedient("p"), obedient("other")});
  in_turn(*rt, "p", [](plugin_context& ctx) { ctx.storage().set("a:old", 0); });
  watch(*rt, "a:");
  in_turn(*rt, "other", [](plugin_context& ctx) { ctx.storage().set("a:1", 1); });
  const auto after = [&](const action& what) {
    in_turn(*rt, "p", what);
    return news();
  };
  EXPECT_THAT(after([](plugin_context& ctx) {
                ctx.storage().set("a:1", {{"n", 1}});
              }),
              ElementsAre(R"(set a:1 {"n":1})"));
  EXPECT_THAT(after([](plugin_context& ctx) { ctx.storage().remove("a:1"); }), ElementsAre("removed a:1"));
  EXPECT_THAT(after([](plugin_context& ctx) { ctx.storage().increment("a:old", 2); }), ElementsAre("set a:old 2"));
  EXPECT_THAT(after([](plugin_context& ctx) { ctx.storage().compare_and_set("a:old", 2, 3); }),
              ElementsAre("set a:old 3"));
  EXPECT_THAT(after([](plugin_context& ctx) { ctx.storage().compare_and_set("a:old", 3, std::nullopt); }),
              ElementsAre("removed a:old"));
  in_turn(*rt, "p", [](plugin_context& ctx) { ctx.storage().set_many({{"a:x", 1}, {"a:y", 2}, {"b", 3}}); });
  EXPECT_THAT(news(2), ElementsAre("set a:x 1", "set a:y 2"));
  in_turn(*rt, "p", [](plugin_context& ctx) { ctx.storage().clear(); });
  EXPECT_THAT(news(2), ElementsAre("removed a:x", "removed a:y"));
}

TEST_F(StorageWatch, TellsWhatOtherHostsAndSqlChange) {
  const auto here = started_on_database({obedient("p")});
  const auto there = started_on_database({obedient("p")});
  in_turn(*here, "p", [](plugin_context& ctx) { ctx.storage().set("a:old", 0); });
  watch(*here, "a:");
  in_turn(*there, "p", [](plugin_context& ctx) { ctx.storage().set("a:1", "there"); });
  EXPECT_THAT(news(), ElementsAre(R"(set a:1 "there")"));
  in_turn(*there, "p", [](plugin_context& ctx) { ctx.storage().remove("a:1"); });
  EXPECT_THAT(news(), ElementsAre("removed a:1"));
  query("UPDATE plugin_storage SET value = '7' WHERE key = 'a:old'");
  EXPECT_THAT(news(), ElementsAre("set a:old 7"));
  in_turn(*here, "p", [](plugin_context& ctx) { ctx.storage().set("a:mine", 1); });
  EXPECT_THAT(news(), ElementsAre("set a:mine 1"));
  query("INSERT INTO plugin_storage (plugin_name, key, value) VALUES ('p', 'a:last', '1')");
  EXPECT_THAT(news(), ElementsAre("set a:last 1")) << "nothing of before is told once more";
}

TEST_F(StorageWatch, TellsWhatHasExpired) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [this](plugin_context& ctx) {
    ctx.storage().set("k", 1, 3s);
    ctx.storage().watch("", note());
  });
  EXPECT_THAT(news(), ElementsAre("expired k"));
}

TEST_F(StorageWatch, LastsAsLongAsWhatTheHookRegistered) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [&](plugin_context& ctx) {
    ctx.storage().watch("a", note());
    ctx.storage().watch("b", note());
    EXPECT_EQ(code_of([&] { ctx.storage().watch("c", {}); }), ec::invalid_argument);
  });
  in_turn(*rt, "p", [&](plugin_context& ctx) {
    EXPECT_EQ(ctx.storage().unwatch("b"), 1U);
    EXPECT_EQ(ctx.storage().unwatch("b"), 0U);
  });
  in_turn(*rt, "p", [](plugin_context& ctx) {
    ctx.storage().set("b", 1);
    ctx.storage().set("a", 1);
  });
  EXPECT_THAT(news(), ElementsAre("set a 1"));
  rt->reload("p");
  in_turn(*rt, "p", [](plugin_context& ctx) { ctx.storage().set("a", 2); });
  watch(*rt, "z");
  in_turn(*rt, "p", [](plugin_context& ctx) { ctx.storage().set("z", 1); });
  EXPECT_THAT(news(), ElementsAre("set z 1")) << "the watches of the one before are gone";
}

TEST_F(StorageWatch, IsTakenBackWithAHandlerThatThrows) {
  auto plugin = testing::scripted("p", {.on_load = [this](plugin_context& ctx) {
                                    ctx.events().on("watch", [this, &ctx](const event&) {
                                      ctx.storage().watch("", note());
                                      throw std::runtime_error{"no"};
                                    });
                                    ctx.events().on("set", [&ctx](const event&) { ctx.storage().set("k", 1); });
                                    ctx.events().on("watch.really",
                                                    [this, &ctx](const event&) { ctx.storage().watch("", note()); });
                                  }});
  const auto rt = started_on_database({plugin});
  for (const auto* what : {"watch", "set", "watch.really", "set"}) rt->emit_sync(what, json::object(), testing::soon);
  EXPECT_THAT(news(), ElementsAre("set k 1")) << "told once";
}

TEST_F(StorageWatch, TellsNothingWhileThePluginIsDisabledAndAfterwardsWhatHasBecomeOfIt) {
  auto plugin =
      testing::scripted("p", {.on_load = [this](plugin_context& ctx) { ctx.storage().watch("a", note()); },
                              .on_enable = [this](plugin_context& ctx) { ctx.storage().watch("b", note()); }});
  const auto rt = started_on_database({plugin});
  rt->disable("p");
  query("INSERT INTO plugin_storage (plugin_name, key, value) VALUES ('p', 'a', '1'), ('p', 'b', '1')");
  rt->enable("p");
  EXPECT_THAT(news(), ElementsAre("set a 1")) << "the watch of on_enable is another one since";
}

}  // namespace
}  // namespace streamspace
