#include <gmock/gmock.h>

#include <streamspace/plugins/builtin/webhook/signature.hpp>

namespace streamspace::builtin {
namespace {

// Worked out with another implementation (Python's hmac module).
TEST(Signature, IsTheHmacOfTimestampDotBody) {
  EXPECT_EQ(signature_of("open sesame", "1774785600", R"({"id":"e1"})"),
            "sha256=841c5f2ed6265e52f427970c1c6423a9d011d6c33140a2b38d88551afbedad45");
}

TEST(Signature, TakesSecretsLongerThanABlockAndEmptyBodies) {
  EXPECT_EQ(signature_of(std::string(200, 'k'), "0", ""),
            "sha256=76a82ba859636cc3081c72aa270fd66ac81a202f8182404e7752795c6e7ba88f");
}

TEST(Signature, ChangesWithEachOfItsParts) {
  const auto one = signature_of("a", "1", "x");
  EXPECT_NE(one, signature_of("b", "1", "x"));
  EXPECT_NE(one, signature_of("a", "2", "x"));
  EXPECT_NE(one, signature_of("a", "1", "y"));
  EXPECT_NE(signature_of("a", "1", "2.x"), signature_of("a", "12", ".x"));
}

// FIPS 180-2, appendix B.1.
TEST(Sha256, IsInHexadecimal) {
  EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace streamspace::builtin
