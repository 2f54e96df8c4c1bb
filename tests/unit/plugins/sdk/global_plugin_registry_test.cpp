#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/plugin.hpp>

namespace streamspace::testing {
namespace {

struct idle final : base_plugin {};
STREAMSPACE_BUILTIN_PLUGIN(idle, plain_manifest("idle-test-plugin"));

TEST(GlobalPluginRegistry, HasWhatAStaticInitialiserRegistered) {
  const auto found = global_plugin_registry::instance().find("idle-test-plugin");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->manifest.name, "idle-test-plugin");
  const auto first = found->make();
  const auto second = found->make();
  EXPECT_EQ(first.hooks, 0);
  EXPECT_NE(first.handler, nullptr);
  EXPECT_NE(first.handler, second.handler) << "nothing is shared between two loads";
}

TEST(GlobalPluginRegistry, ListsNamesInOrder) {
  global_plugin_registry registry;
  for (const auto* name : {"b", "c", "a"}) registry.add(make_plugin_factory<idle>(plain_manifest(name)));
  EXPECT_THAT(registry.list(), ::testing::ElementsAre("a", "b", "c"));
  EXPECT_FALSE(registry.find("d"));
}

TEST(GlobalPluginRegistry, RefusesATakenName) {
  global_plugin_registry registry;
  registry.add(make_plugin_factory<idle>(plain_manifest("a")));
  EXPECT_EQ(failure_of([&] { registry.add(make_plugin_factory<idle>(plain_manifest("a"))); })->code(),
            ec::already_exists);
}

TEST(GlobalPluginRegistry, RefusesABadName) {
  global_plugin_registry registry;
  for (const auto* name : {"", "Upper", "a_b", "-a", "catalog"})
    EXPECT_EQ(failure_of([&] { registry.add(make_plugin_factory<idle>(plain_manifest(name))); })->code(),
              ec::invalid_argument)
        << name;
}

}  // namespace
}  // namespace streamspace::testing
