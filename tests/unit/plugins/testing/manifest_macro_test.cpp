// As streamspace_add_plugin() defines it for a plugin's tests.
#define STREAMSPACE_PLUGIN_MANIFEST STREAMSPACE_SOURCE_DIR "/tests/unit/plugins/testing/manifest.json"

#include <gtest/gtest.h>

#include <streamspace/plugin.hpp>
#include <streamspace/testing.hpp>

namespace streamspace::testing {
namespace {

struct quiet : base_plugin {};

TEST(PluginHarnessManifest, IsTheOneThatTheMacroNames) {
  plugin_harness<quiet> plain;
  EXPECT_EQ(plain.context().name(), "from-a-file");
  plugin_harness<quiet> configured{{.config = {{"lang", "en"}}}};
  EXPECT_EQ(configured.context().config().raw(), (json{{"lang", "en"}}));
  plugin_harness<quiet> another{{.manifest = plain_manifest("another")}};
  EXPECT_EQ(another.context().name(), "another");
}

}  // namespace
}  // namespace streamspace::testing
