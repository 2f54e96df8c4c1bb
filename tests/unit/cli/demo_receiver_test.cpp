#include <cli/demo_receiver.hpp>
#include <gtest/gtest.h>

namespace streamspace {
namespace {

// Worked out with: printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac key
constexpr std::string_view signature = "sha256=a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03";

TEST(DemoReceiver, TakesTheSignatureOfTimestampAndBody) {
  EXPECT_TRUE(is_webhook_signature(signature, "key", "1700000000", R"({"a":1})"));
}

TEST(DemoReceiver, RefusesASignatureOfSomethingElse) {
  EXPECT_FALSE(is_webhook_signature(signature, "another key", "1700000000", R"({"a":1})"));
  EXPECT_FALSE(is_webhook_signature(signature, "key", "1700000001", R"({"a":1})"));
  EXPECT_FALSE(is_webhook_signature(signature, "key", "1700000000", R"({"a":2})"));
}

TEST(DemoReceiver, RefusesWhatIsNoSignature) {
  for (const auto& text : {std::string{}, std::string{"sha256="}, std::string{signature}.substr(7),
                           std::string{signature} + "0", "sha512=" + std::string{signature}.substr(7)})
    EXPECT_FALSE(is_webhook_signature(text, "key", "1700000000", R"({"a":1})")) << text;
}

}  // namespace
}  // namespace streamspace
