#include <gmock/gmock.h>

#include <streamspace/plugins/dependencies/semver.hpp>

namespace streamspace {
namespace {

using ::testing::HasSubstr;

semver version(std::string_view text) {
  auto v = semver::parse(text);
  if (!v) throw v.error();
  return *v;
}

/// "3: why" for a text that is no version.
std::string refusal_of(std::string_view text) {
  const auto v = semver::parse(text);
  if (v) return "taken as " + to_string(*v);
  EXPECT_EQ(v.error().code(), ec::invalid_argument);
  return std::string{v.error().fact("position")} + ": " + v.error().message();
}

TEST(Semver, ReadsEveryPart) {
  const auto v = version("1.22.333-rc.1.x-y.0+build.007.-");
  EXPECT_EQ(v.major, 1U);
  EXPECT_EQ(v.minor, 22U);
  EXPECT_EQ(v.patch, 333U);
  EXPECT_THAT(v.prerelease, ::testing::ElementsAre("rc", "1", "x-y", "0"));
  EXPECT_THAT(v.build, ::testing::ElementsAre("build", "007", "-"));
}

TEST(Semver, IsWrittenAsItWasRead) {
  for (const auto* text : {"0.0.0", "1.2.3", "10.20.30", "9007199254740991.0.9007199254740991", "1.0.0-0", "1.0.0--",
                           "1.0.0-a-b.c", "1.0.0+001", "1.0.0-0a.1+x.y-z", "1.0.0-99999999999999999999"})
    EXPECT_EQ(to_string(version(text)), text);
}

TEST(Semver, PassesOverWhiteSpaceAroundAndOneV) {
  EXPECT_EQ(to_string(version("v1.2.3")), "1.2.3");
  EXPECT_EQ(to_string(version(" \t1.2.3-a \n")), "1.2.3-a");
}

TEST(Semver, SaysWhereATextIsNoVersion) {
  const std::vector<std::tuple<std::string, std::string, std::string>> bad{
      {"", "1: ", "a number is missing"},
      {"1", "2: ", "major.minor.patch"},
      {"1.2", "4: ", "major.minor.patch"},
      {"1.2.", "5: ", "a number is missing"},
      {"1.2.3.4", "6: ", "nothing of a version"},
      {"01.2.3", "1: ", "begin with 0"},
      {"1.02.3", "3: ", "begin with 0"},
      {"1.2.00", "5: ", "begin with 0"},
      {"1.2.3-", "7: ", "'-' is missing"},
      {"1.2.3-a..b", "9: ", "'-' is missing"},
      {"1.2.3-01", "7: ", "begin with 0"},
      {"1.2.3-a.00", "9: ", "begin with 0"},
      {"1.2.3+", "7: ", "'+' is missing"},
      {"1.2.3+a+b", "8: ", "nothing of a version"},
      {"1.2.3-a_b", "8: ", "nothing of a version"},
      {"1.2.x", "5: ", "a number is missing"},
      {"-1.2.3", "1: ", "a number is missing"},
      {"=1.2.3", "1: ", "a number is missing"},
      {"vv1.2.3", "2: ", "a number is missing"},
      {"v 1.2.3", "2: ", "a number is missing"},
      {"1.2. 3", "5: ", "a number is missing"},
      {"latest", "1: ", "a number is missing"},
      {"9007199254740992.0.0", "1: ", "larger than 9007199254740991"},
      {"1.2.99999999999999999999999999", "5: ", "larger than"}};
  for (const auto& [text, position, why] : bad) {
    EXPECT_THAT(refusal_of(text), ::testing::StartsWith(position)) << text;
    EXPECT_THAT(refusal_of(text), HasSubstr(why)) << text;
  }
  EXPECT_EQ(semver::parse("1.02.3").error().message(),
            "the version '1.02.3' is wrong at character 3: a number must not begin with 0");
}

TEST(Semver, IsNotLongerThanNodeAllows) {
  EXPECT_TRUE(semver::parse("1.2.3-" + std::string(250, 'a')));
  EXPECT_THAT(refusal_of("1.2.3-" + std::string(251, 'a')), HasSubstr("256"));
  // What is quoted of a long text is bounded.
  EXPECT_LT(refusal_of(std::string(100'000, 'a')).size(), 300U);
}

TEST(Semver, HasThePrecedenceOfTheSpecification) {
  const std::vector<std::string> ascending{"0.0.0-0",
                                           "0.0.0-a",
                                           "0.0.0",
                                           "0.0.1",
                                           "0.1.0",
                                           "0.1.1-0",
                                           "1.0.0-0",
                                           "1.0.0-2",
                                           "1.0.0-10",
                                           "1.0.0-99999999999999999998",
                                           "1.0.0-99999999999999999999",
                                           "1.0.0-10a",
                                           "1.0.0-alpha",
                                           "1.0.0-alpha.1",
                                           "1.0.0-alpha.1.0",
                                           "1.0.0-alpha.beta",
                                           "1.0.0-beta",
                                           "1.0.0-beta.2",
                                           "1.0.0-beta.11",
                                           "1.0.0-rc.1",
                                           "1.0.0",
                                           "1.0.1",
                                           "1.2.0",
                                           "1.10.0",
                                           "2.0.0-alpha",
                                           "2.0.0",
                                           "10.0.0"};
  for (std::size_t a = 0; a < ascending.size(); ++a)
    for (std::size_t b = 0; b < ascending.size(); ++b)
      EXPECT_EQ(version(ascending[a]) <=> version(ascending[b]), std::weak_ordering{a <=> b})
          << ascending[a] << " and " << ascending[b];
}

TEST(Semver, ComparesWithoutBuildMetadata) {
  EXPECT_EQ(version("1.0.0+a"), version("1.0.0+b"));
  EXPECT_EQ(version("1.0.0-rc.1+a"), version("1.0.0-rc.1"));
  EXPECT_LT(version("1.0.0-rc.1+z"), version("1.0.0+a"));
}

}  // namespace
}  // namespace streamspace
