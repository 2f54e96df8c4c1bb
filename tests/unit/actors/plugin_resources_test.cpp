#include <gtest/gtest.h>
#include <support/errors.hpp>

#include <streamspace/actors/plugin_resources.hpp>

namespace streamspace {
namespace {

using testing::failure_of;

plugin_manifest saying(json resources) {
  plugin_manifest manifest;
  manifest.extra["resources"] = std::move(resources);
  return manifest;
}

TEST(PluginResources, AreWhatTheManifestSays) {
  EXPECT_EQ(resources_of({}).storage_bytes, std::nullopt);
  EXPECT_EQ(resources_of(saying({{"cpu", 1}})).storage_bytes, std::nullopt);
  EXPECT_EQ(resources_of(saying({{"storageBytes", 5'000}})).storage_bytes, 5'000U);
}

TEST(PluginResources, NamesTheMemberThatIsWrong) {
  for (const json& wrong : {json(1), json(4'095), json(-1), json("much"), json(1e18)}) {
    const auto failure = failure_of([&] { resources_of(saying({{"storageBytes", wrong}})); });
    ASSERT_TRUE(failure) << wrong;
    EXPECT_EQ(failure->code(), ec::invalid_argument);
    EXPECT_EQ(failure->fact("member"), "storageBytes");
  }
  EXPECT_EQ(failure_of([&] { resources_of(saying(5)); })->code(), ec::invalid_argument);
}

TEST(PluginResources, GiveAQuotaThatIsNotMoreThanTheRuntimes) {
  EXPECT_EQ(storage_quota_of({}, 10'000), 10'000U);
  EXPECT_EQ(storage_quota_of({5'000}, 10'000), 5'000U);
  EXPECT_EQ(storage_quota_of({20'000}, 10'000), 10'000U);
  EXPECT_EQ(storage_quota_of({20'000}, 0), 20'000U);
  EXPECT_EQ(storage_quota_of({}, 0), 0U) << "none";
}

}  // namespace
}  // namespace streamspace
