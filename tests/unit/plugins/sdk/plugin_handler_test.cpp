#include <gtest/gtest.h>

#include <streamspace/plugin.hpp>

namespace streamspace {
namespace {

struct indifferent final : base_plugin {};

struct created_only final : base_plugin {
  void on_session_created(plugin_context&, const session&) override {}
};

struct first_and_last final : base_plugin {
  void on_session_created(plugin_context&, const session&) override {}
  void on_user_logout(plugin_context&, const user&) override {}
};

struct hidden final : base_plugin {
 private:
  void on_user_created(plugin_context&, const user&) override {}
};

struct middle : base_plugin {
  void on_session_woken(plugin_context&, const session&) override {}
};
struct grandchild final : middle {
  void on_user_login(plugin_context&, const user&) override {}
};

struct overloaded final : base_plugin {
  void on_session_deleted(plugin_context&, const session&) override {}
  void on_session_deleted(const session&) {}
};

class from_scratch final : public plugin_handler {
 public:
  void on_load(plugin_context&) override {}
  void on_unload(plugin_context&) override {}
  void on_enable(plugin_context&) override {}
  void on_disable(plugin_context&) override {}
  void on_session_created(plugin_context&, const session&) override {}
  void on_session_started(plugin_context&, const session&) override {}
  void on_session_stopped(plugin_context&, const session&) override {}
  void on_session_hibernated(plugin_context&, const session&) override {}
  void on_session_woken(plugin_context&, const session&) override {}
  void on_session_deleted(plugin_context&, const session&) override {}
  void on_user_created(plugin_context&, const user&) override {}
  void on_user_updated(plugin_context&, const user&) override {}
  void on_user_deleted(plugin_context&, const user&) override {}
  void on_user_login(plugin_context&, const user&) override {}
  void on_user_logout(plugin_context&, const user&) override {}
};

TEST(HooksOf, AreThoseThatAClassOverrides) {
  EXPECT_EQ(hooks_of<indifferent>(), 0);
  EXPECT_EQ(hooks_of<created_only>(), 1U);
  EXPECT_EQ(hooks_of<first_and_last>(), 1U | (1U << 10U));
}

TEST(HooksOf, CountAnOverrideThatCannotBeLookedAt) {
  EXPECT_EQ(hooks_of<hidden>(), 1U << 6U);
  EXPECT_EQ(hooks_of<overloaded>(), 1U << 5U);
}

TEST(HooksOf, CountInheritedOverrides) {
  EXPECT_EQ(hooks_of<grandchild>(), (1U << 4U) | (1U << 9U));
}

TEST(HooksOf, AreAllForAClassThatImplementsTheInterfaceItself) {
  EXPECT_EQ(hooks_of<from_scratch>(), all_event_hooks);
}

TEST(HooksOf, HaveABitForEachEventTypeWithAHook) {
  EXPECT_EQ(event_types::all.size(), 11U);
  EXPECT_EQ(all_event_hooks, (1U << event_types::all.size()) - 1U);
}

}  // namespace
}  // namespace streamspace
