#include <string>

#include <gtest/gtest.h>
#include <support/errors.hpp>

#include <streamspace/persistence/secret_key.hpp>

namespace streamspace {
namespace {

using testing::code_of;

TEST(SecretKey, DerivesTheSameForOnePurposeAndAnotherForEach) {
  const secret_key key{std::string(32, 'k')};
  const auto a = key.derive("a");
  EXPECT_EQ(a.size(), 64U);
  EXPECT_EQ(a.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(a, secret_key{std::string(32, 'k')}.derive("a"));
  EXPECT_NE(a, key.derive("b"));
  EXPECT_NE(a, secret_key{std::string(33, 'k')}.derive("a"));
}

TEST(SecretKey, IsNewEachTimeItIsMadeAtRandom) {
  EXPECT_NE(secret_key::random().derive("a"), secret_key::random().derive("a"));
}

TEST(SecretKey, RefusesWhatIsTooShort) {
  EXPECT_EQ(code_of([] { secret_key{std::string(31, 'k')}; }), ec::invalid_argument);
  EXPECT_EQ(code_of([] { secret_key{""}; }), ec::invalid_argument);
}

TEST(SecretKey, OpensWhatItSealedForThePurpose) {
  const secret_key key{std::string(32, 'k')};
  for (const auto& text : {std::string{}, std::string{"geheim"}, std::string(100'000, 'x'), std::string("\0\xff", 2)}) {
    const auto sealed = key.seal("a", text);
    EXPECT_EQ(key.open("a", sealed), text);
    EXPECT_EQ(secret_key{std::string(32, 'k')}.open("a", sealed), text);
    EXPECT_EQ(key.open("b", sealed), std::nullopt);
    EXPECT_EQ(secret_key::random().open("a", sealed), std::nullopt);
    EXPECT_NE(key.seal("a", text), sealed) << "each time it looks different";
    EXPECT_EQ(sealed.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
  }
}

TEST(SecretKey, OpensNothingThatWasChangedOrIsNoSeal) {
  const secret_key key{std::string(32, 'k')};
  const auto sealed = key.seal("a", "geheim");
  for (std::size_t i = 0; i < sealed.size() - 1; ++i) {  // The last digit has bits that mean nothing.
    auto changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(key.open("a", changed), std::nullopt) << i;
  }
  for (const auto& text : {std::string{}, std::string{"x"}, sealed.substr(1), sealed + "A", sealed + "=", sealed + " ",
                           std::string(200, 'A'), std::string(sealed).insert(3, 1, '!')})
    EXPECT_EQ(key.open("a", text), std::nullopt) << text;
}

TEST(SecretKey, TellsTextsApart) {
  EXPECT_EQ(digest_of("a"), digest_of("a"));
  EXPECT_NE(digest_of("a"), digest_of("b"));
  EXPECT_EQ(digest_of("").size(), 64U);
}

}  // namespace
}  // namespace streamspace
