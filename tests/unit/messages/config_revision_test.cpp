#include <gtest/gtest.h>

#include <streamspace/messages/config_revision.hpp>

namespace streamspace {
namespace {

using kind = config_origin::kind;

TEST(ConfigRevision, ShowsWhenWhoAndWhatItWas) {
  config_revision r;
  r.revision = 3;
  r.at = *parse_rfc3339("2026-03-29T12:00:00Z");
  r.origin = {kind::reverted, 1, "ann"};
  r.config = {{"lang", "de"}};
  r.current = true;
  EXPECT_EQ(json(r), json::parse(R"({"revision": 3, "at": "2026-03-29T12:00:00.000000Z", "by": "ann",
                                     "kind": "reverted", "revertedTo": 1, "config": {"lang": "de"},
                                     "current": true})"));
}

TEST(ConfigRevision, ShowsThatNobodyWasSignedIn) {
  const json shown = config_revision{};
  EXPECT_EQ(shown["by"], nullptr);
  EXPECT_EQ(shown["kind"], "configured");
  EXPECT_EQ(shown["current"], false);
  EXPECT_FALSE(shown.contains("revertedTo"));
}

TEST(ConfigOrigin, IsReadByTheNameThatItIsWrittenWith) {
  for (const auto what : {kind::installed, kind::configured, kind::reverted})
    EXPECT_EQ(parse_config_origin_kind(to_string(what)), what);
  for (const auto* text : {"", "Installed", "reverted "}) EXPECT_EQ(parse_config_origin_kind(text), std::nullopt);
}

}  // namespace
}  // namespace streamspace
