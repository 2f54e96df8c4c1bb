#include <gmock/gmock.h>

#include <streamspace/plugins/dependencies/semver_range.hpp>

namespace streamspace {
namespace {

using ::testing::HasSubstr;

constexpr semver_range::options with_prereleases{.include_prerelease = true};

std::string meaning_of(std::string_view range, semver_range::options how = {}) {
  const auto r = semver_range::parse(range, how);
  return r ? r->to_string() : "refused: " + r.error().message();
}

bool fits(std::string_view version, std::string_view range, semver_range::options how = {}) {
  return value_or_raise(satisfies(version, range, how));
}

struct shorthand {
  std::string range;
  std::string means;
};

void expect(const std::vector<shorthand>& table, semver_range::options how = {}) {
  for (const auto& [range, means] : table) EXPECT_EQ(meaning_of(range, how), means) << "'" << range << "'";
}

TEST(SemverRange, TakesComparatorsAsTheyAre) {
  expect({{"1.2.3", "1.2.3"},
          {"=1.2.3", "1.2.3"},
          {">1.2.3", ">1.2.3"},
          {">=1.2.3", ">=1.2.3"},
          {"<1.2.3", "<1.2.3"},
          {"<=1.2.3", "<=1.2.3"},
          {">1.2.3 <2.0.0", ">1.2.3 <2.0.0"},
          {"1.2.3-rc.1", "1.2.3-rc.1"},
          {"<=1.2.3-rc.1+b7", "<=1.2.3-rc.1"}});
}

TEST(SemverRange, TakesAPartOfAVersionForAllThatBeginWithIt) {
  expect({{"", "*"},
          {"   ", "*"},
          {"*", "*"},
          {"x", "*"},
          {"X.x.*", "*"},
          {"1", ">=1.0.0 <2.0.0-0"},
          {"1.x", ">=1.0.0 <2.0.0-0"},
          {"1.*.X", ">=1.0.0 <2.0.0-0"},
          {"=1", ">=1.0.0 <2.0.0-0"},
          {"1.2", ">=1.2.0 <1.3.0-0"},
          {"1.2.x", ">=1.2.0 <1.3.0-0"},
          {"0", "<1.0.0-0"},
          {"0.0", "<0.1.0-0"},
          {"1.2.x-beta+b", ">=1.2.0 <1.3.0-0"}});
}

TEST(SemverRange, ComparesWithAPartOfAVersion) {
  expect({{">1", ">=2.0.0"},
          {">1.2", ">=1.3.0"},
          {">1.2.x", ">=1.3.0"},
          {">=1", ">=1.0.0"},
          {">=1.2", ">=1.2.0"},
          {"<1", "<1.0.0-0"},
          {"<1.2", "<1.2.0-0"},
          {"<=1", "<2.0.0-0"},
          {"<=1.2", "<1.3.0-0"},
          {">=x", "*"},
          {"<=*", "*"},
          {">x", "<0.0.0-0"},
          {"<x", "<0.0.0-0"},
          {"<0", "<0.0.0-0"},
          {">=0", "*"},
          {">=0.0.0", "*"}});
}

TEST(SemverRange, ReadsTildes) {
  expect({{"~1.2.3", ">=1.2.3 <1.3.0-0"},
          {"~>1.2.3", ">=1.2.3 <1.3.0-0"},
          {"~1.2", ">=1.2.0 <1.3.0-0"},
          {"~1", ">=1.0.0 <2.0.0-0"},
          {"~1.x.x", ">=1.0.0 <2.0.0-0"},
          {"~0.2.3", ">=0.2.3 <0.3.0-0"},
          {"~0", "<1.0.0-0"},
          {"~0.0.1", ">=0.0.1 <0.1.0-0"},
          {"~x", "*"},
          {"~1.2.3-beta.2", ">=1.2.3-beta.2 <1.3.0-0"}});
}

TEST(SemverRange, ReadsCarets) {
  expect({{"^1.2.3", ">=1.2.3 <2.0.0-0"},
          {"^1.2", ">=1.2.0 <2.0.0-0"},
          {"^1", ">=1.0.0 <2.0.0-0"},
          {"^0.2.3", ">=0.2.3 <0.3.0-0"},
          {"^0.2", ">=0.2.0 <0.3.0-0"},
          {"^0.0.3", ">=0.0.3 <0.0.4-0"},
          {"^0.0", "<0.1.0-0"},
          {"^0.0.x", "<0.1.0-0"},
          {"^0", "<1.0.0-0"},
          {"^0.x", "<1.0.0-0"},
          {"^*", "*"},
          {"^1.2.3-beta.2", ">=1.2.3-beta.2 <2.0.0-0"},
          {"^0.0.3-beta", ">=0.0.3-beta <0.0.4-0"},
          {"^1.2.3+build", ">=1.2.3 <2.0.0-0"}});
}

TEST(SemverRange, ReadsHyphens) {
  expect({{"1.2.3 - 2.3.4", ">=1.2.3 <=2.3.4"},
          {"1.2 - 2.3.4", ">=1.2.0 <=2.3.4"},
          {"1 - 2.3.4", ">=1.0.0 <=2.3.4"},
          {"1.2.3 - 2.3", ">=1.2.3 <2.4.0-0"},
          {"1.2.3 - 2", ">=1.2.3 <3.0.0-0"},
          {"1.2.3 - x", ">=1.2.3"},
          {"x - 2", "<3.0.0-0"},
          {"* - *", "*"},
          {"1.2.3-a - 2.3.4-b", ">=1.2.3-a <=2.3.4-b"},
          {"1.2.3   -\t2.3.4", ">=1.2.3 <=2.3.4"},
          {"v1.2.3 - v2.3.4", ">=1.2.3 <=2.3.4"},
          {"1 - 2 || 4", ">=1.0.0 <3.0.0-0||>=4.0.0 <5.0.0-0"}});
}

TEST(SemverRange, JoinsWithSpacesAndBars) {
  expect({{">=1.2.7 <1.3.0", ">=1.2.7 <1.3.0"},
          {"1.2.7||>=1.2.9 <2.0.0", "1.2.7||>=1.2.9 <2.0.0"},
          {"  1.2.7  ||  3.x  ", "1.2.7||>=3.0.0 <4.0.0-0"},
          {"1.2.3 ||", "*"},
          {"|| 1.2.3", "*"},
          {"||", "*"},
          {"1.2.3 || *", "*"},
          {"1.2.3 1.2.3", "1.2.3"},
          {"* 1.2.3", "1.2.3"},
          {"1.2.3 >x", "<0.0.0-0"},
          {">x || 1.2.3 || <x", "1.2.3"},
          {">x || <x", "<0.0.0-0"}});
}

TEST(SemverRange, PassesOverSpaceAfterAnOperatorAndPrefixes) {
  expect({{">= 1.2.3", ">=1.2.3"},
          {">=\t 1.2.3   <  2", ">=1.2.3 <2.0.0-0"},
          {"^ 1.2", ">=1.2.0 <2.0.0-0"},
          {"~> 1.2", ">=1.2.0 <1.3.0-0"},
          {"v1.2.3", "1.2.3"},
          {"=v1.2.3", "1.2.3"},
          {">=v1.2.3", ">=1.2.3"},
          {"^v1.2.3", ">=1.2.3 <2.0.0-0"},
          {"^=1.2", ">=1.2.0 <2.0.0-0"},
          {"vv1.2", ">=1.2.0 <1.3.0-0"}});
}

TEST(SemverRange, CountsPrereleasesWhereAskedTo) {
  expect({{"*", "*"},
          {">=0.0.0", ">=0.0.0"},
          {"1.2", ">=1.2.0-0 <1.3.0-0"},
          {">1.2", ">=1.3.0-0"},
          {">=1", ">=1.0.0-0"},
          {"~1.2", ">=1.2.0-0 <1.3.0-0"},
          {"~1.2.3", ">=1.2.3 <1.3.0-0"},
          {"^0.2", ">=0.2.0-0 <0.3.0-0"},
          {"^0.2.3", ">=0.2.3 <0.3.0-0"},
          {"^0", "<1.0.0-0"},
          {"1.2 - 2.3.4", ">=1.2.0-0 <2.3.5-0"},
          {"1.2.3 - 2", ">=1.2.3-0 <3.0.0-0"},
          {"1.2.3 - 2.3.4-b", ">=1.2.3-0 <=2.3.4-b"}},
         with_prereleases);
}

TEST(SemverRange, HoldsWhatItSays) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> in{
      {"^1.2.3", {"1.2.3", "1.2.4", "1.99.0", "v1.3.0", "1.2.3+b"}},
      {"^0.2.3", {"0.2.3", "0.2.99"}},
      {"^0.0.3", {"0.0.3"}},
      {"~1.2.3", {"1.2.3", "1.2.99"}},
      {"1.x", {"1.0.0", "1.99.99"}},
      {"", {"0.0.0", "99.0.0"}},
      {"1.2 - 2.3", {"1.2.0", "2.0.0", "2.3.99"}},
      {"1.2.7 || >=1.2.9 <2.0.0", {"1.2.7", "1.2.9", "1.4.6"}},
      {">1.2", {"1.3.0"}},
      {"<=1.2", {"1.2.99", "0.0.0"}},
      {">=1.2.3-beta.2", {"1.2.3-beta.2", "1.2.3-beta.10", "1.2.3-rc", "1.2.3", "2.0.0"}},
      {"~1.2.3-beta.2", {"1.2.3-beta.4", "1.2.9"}},
      {"<1.2.3-beta", {"1.2.3-alpha", "1.2.2"}},
      {"=1.2.3+a", {"1.2.3+b"}}};
  for (const auto& [range, versions] : in)
    for (const auto& v : versions) EXPECT_TRUE(fits(v, range)) << v << " in '" << range << "'";
  const std::vector<std::pair<std::string, std::vector<std::string>>> out{
      {"^1.2.3", {"1.2.2", "2.0.0", "0.9.0", "1.3.0-rc", "2.0.0-alpha", "1.2.3-rc"}},
      {"^0.2.3", {"0.2.2", "0.3.0", "1.0.0"}},
      {"^0.0.3", {"0.0.2", "0.0.4"}},
      {"~1.2.3", {"1.2.2", "1.3.0"}},
      {"1.x", {"0.9.9", "2.0.0", "2.0.0-0", "1.0.0-0"}},
      {"*", {"1.0.0-beta"}},
      {"1.2 - 2.3", {"1.1.9", "2.4.0", "2.4.0-0"}},
      {"1.2.7 || >=1.2.9 <2.0.0", {"1.2.8", "2.0.0"}},
      {">1.2", {"1.2.99"}},
      {">x", {"0.0.0", "1.0.0", "0.0.0-0"}},
      {">1.2.3-alpha.3", {"1.2.3-alpha.3", "3.4.5-alpha.9", "1.2.2"}},
      {"~1.2.3-beta.2", {"1.2.4-beta.2", "1.2.3-beta.1", "1.3.0"}},
      // Named in another alternative is not named in this one.
      {"1.0.0-rc || >=1.0.0-0 <0.0.1 || >=0.5.0 <2.0.0", {"1.0.0-beta"}}};
  for (const auto& [range, versions] : out)
    for (const auto& v : versions) EXPECT_FALSE(fits(v, range)) << v << " in '" << range << "'";
}

TEST(SemverRange, HoldsPrereleasesLikeOthersWhereAskedTo) {
  const std::vector<std::pair<std::string, std::string>> in{
      {"*", "1.0.0-rc"},     {"1.x", "1.0.0-0"},          {"^1.2.3", "1.9.0-beta"},
      {">=1.2", "1.2.0-rc"}, {"1.2 - 2.3.4", "2.3.4-rc"}, {">1.2.3-alpha.3", "3.4.5-alpha.9"}};
  for (const auto& [range, v] : in) EXPECT_TRUE(fits(v, range, with_prereleases)) << v << " in " << range;
  const std::vector<std::pair<std::string, std::string>> out{
      {"^1.2.3", "1.2.3-rc"}, {"^1.2.3", "2.0.0-0"}, {"1.x", "2.0.0-alpha"}, {">1.2", "1.2.9-rc"}};
  for (const auto& [range, v] : out) EXPECT_FALSE(fits(v, range, with_prereleases)) << v << " in " << range;
}

TEST(SemverRange, SaysWhereATextIsNoRange) {
  const std::vector<std::tuple<std::string, std::string, std::string>> bad{
      {"latest", "1", "number, x or *"},
      {">", "2", "number, x or *"},
      {">=1.2.3 <", "10", "number, x or *"},
      {"1.2.3.4", "6", "nothing of a version"},
      {"01.2", "1", "begin with 0"},
      {"^1.2.3-01", "8", "begin with 0"},
      {"1.2-beta", "4", "nothing of a version"},
      {"1.2.3*", "6", "nothing of a version"},
      {">1.2.3<2", "7", "nothing of a version"},
      {"1.2.3, 2", "6", "nothing of a version"},
      {"1 | 2", "3", "number, x or *"},
      {"1 && 2", "3", "number, x or *"},
      {"1.2.3 -2", "7", "number, x or *"},
      {"- 1", "1", "number, x or *"},
      {"1 -", "3", "number, x or *"},
      {"1 - 2 - 3", "7", "alone"},
      {"1 - 2 3", "7", "alone"},
      {">=1 1 - 2", "5", "alone"},
      {"1 - >2", "5", "number, x or *"},
      {"==1.2.3", "2", "one 'v'"},
      {"vv1.2.3", "1", "one 'v'"},
      {"> =1.2", "3", "no '='"},
      {"v 1.2.3", "2", "number, x or *"},
      {"x.1", "3", "after an x"},
      {">=1.x.2", "7", "after an x"},
      {"^9007199254740991", "18", "cannot be expressed"},
      {"9007199254740992.x", "1", "larger than"},
      {"1.2.3-" + std::string(251, 'a'), "1", "256"},
      {std::string(1025, ' '), "1025", "1024"}};
  for (const auto& [text, position, why] : bad) {
    const auto r = semver_range::parse(text);
    ASSERT_FALSE(r) << text << " is " << r->to_string();
    EXPECT_EQ(r.error().code(), ec::invalid_argument);
    EXPECT_EQ(r.error().fact("position"), position) << r.error().message();
    EXPECT_THAT(r.error().message(), HasSubstr(why));
  }
  EXPECT_EQ(meaning_of(">=1.x.2"),
            "refused: the version range '>=1.x.2' is wrong at character 7: no number can stand after an x");
  EXPECT_EQ(satisfies("1", "*").error().fact("position"), "2");
  EXPECT_EQ(satisfies("1.0.0", "a").error().fact("position"), "1");
}

TEST(SemverRange, IsPrintedSoThatItReadsTheSameAgain) {
  for (const auto* range : {"", "^1.2.3-a", "1 - 2 || ~3.4 <3.4.5", ">x", "<=2.x >1", "^0.0.1 || 2.2.2"})
    for (const auto how : {semver_range::options{}, with_prereleases}) {
      const auto once = meaning_of(range, how);
      EXPECT_EQ(meaning_of(once, how), once);
    }
}

TEST(SemverRange, TakesTheHighestThatFits) {
  std::vector<semver> versions;
  for (const auto* v : {"1.2.3", "1.4.0+first", "1.4.0+second", "1.5.0-rc", "2.0.0", "0.1.0"})
    versions.push_back(*semver::parse(v));
  const auto highest = [&](std::string_view range, semver_range::options how = {}) {
    const auto found = max_satisfying(versions, *semver_range::parse(range, how));
    return found ? to_string(*found) : "none";
  };
  EXPECT_EQ(highest("^1.2"), "1.4.0+first");
  EXPECT_EQ(highest("^1.2", with_prereleases), "1.5.0-rc");
  EXPECT_EQ(highest("*"), "2.0.0");
  EXPECT_EQ(highest("0.x || ~1.2.0"), "1.2.3");
  EXPECT_EQ(highest(">2.0.0"), "none");
  EXPECT_EQ(max_satisfying({}, semver_range{}), std::nullopt);
}

TEST(SemverRange, IsEverythingByDefault) {
  EXPECT_EQ(semver_range{}.to_string(), "*");
  EXPECT_TRUE(semver_range{}.contains(*semver::parse("7.0.0")));
}

}  // namespace
}  // namespace streamspace
