#include <gtest/gtest.h>

#include <streamspace/http/password.hpp>
#include <streamspace/messages/error.hpp>

namespace streamspace {
namespace {

TEST(Password, VerifiesWhatItHashed) {
  const auto hash = hash_password("correct horse");
  EXPECT_EQ(hash.rfind("$argon2id$v=19$m=19456,t=2,p=1$", 0), 0U) << hash;
  EXPECT_TRUE(verify_password(hash, "correct horse"));
  EXPECT_FALSE(verify_password(hash, "correct horse "));
  EXPECT_FALSE(verify_password(hash, ""));
  EXPECT_FALSE(wants_rehash(hash));
}

TEST(Password, SaltsEachHash) {
  EXPECT_NE(hash_password("same"), hash_password("same"));
}

TEST(Password, KeepsBytesBehindANul) {
  const std::string with_nul("a\0b", 3);
  const auto hash = hash_password(with_nul);
  EXPECT_TRUE(verify_password(hash, with_nul));
  EXPECT_FALSE(verify_password(hash, "a"));
}

TEST(Password, RefusesEmptyAndEndlessOnes) {
  EXPECT_THROW(hash_password(""), error);
  EXPECT_THROW(hash_password(std::string(max_password_bytes + 1, 'x')), error);
  const auto longest = std::string(max_password_bytes, 'x');
  EXPECT_FALSE(verify_password(hash_password(longest), longest + "y"));
}

TEST(Password, NeverMatchesWhatIsNoHash) {
  for (const std::string_view hash : {std::string_view{}, std::string_view{"secret"}, std::string_view{"$argon2id$"},
                                      std::string_view{"$argon2id$v=19$m=1,t=1,p=1$x$"}, std::string_view{"a\0b", 3}}) {
    EXPECT_FALSE(verify_password(hash, "secret")) << hash;
    EXPECT_TRUE(wants_rehash(hash)) << hash;
  }
  EXPECT_FALSE(verify_password(std::string(500, 'x'), "secret"));
}

TEST(Password, WantsHashesOfOtherCostsMadeAnew) {
  EXPECT_TRUE(
      wants_rehash("$argon2id$v=19$m=8192,t=1,p=1$"
                   "AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
}

}  // namespace
}  // namespace streamspace
