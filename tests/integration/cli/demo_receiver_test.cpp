#include <cli/demo_receiver.hpp>
#include <curl/curl.h>
#include <gtest/gtest.h>

#include <streamspace/plugins/builtin/webhook/signature.hpp>

namespace streamspace {
namespace {

constexpr const char* body = R"({"id":"e1","type":"user.created","data":{"id":"u1"}})";

class DemoReceiverOverSockets : public ::testing::Test {
 protected:
  /// Posts the body as the webhook plugin does; the status of the answer, 0 for none.
  static long post(const demo_receiver& to, const std::string& delivery, const std::string& secret) {
    const auto signature = builtin::signature_of(secret, "1700000000", body);
    curl_slist* headers = nullptr;
    for (const auto& line : {"X-StreamSpace-Delivery: " + delivery, std::string{"X-StreamSpace-Timestamp: 1700000000"},
                             "X-StreamSpace-Signature: " + signature})
      headers = curl_slist_append(headers, line.c_str());
    const std::unique_ptr<CURL, void (*)(CURL*)> handle{curl_easy_init(), curl_easy_cleanup};
    const auto url = to.url();
    curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, 10'000L);
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(
        handle.get(), CURLOPT_WRITEFUNCTION,
        +[](const char*, std::size_t size, std::size_t count, void*) { return size * count; });
    long status = 0;
    if (curl_easy_perform(handle.get()) == CURLE_OK) curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    return status;
  }
};

TEST_F(DemoReceiverOverSockets, TurnsTheFirstAttemptDownAndTakesTheSecond) {
  demo_receiver receiver{"key", 1};
  receiver.start();
  EXPECT_EQ(post(receiver, "e1", "key"), 500);
  EXPECT_EQ(receiver.accepted(), 0u);
  EXPECT_EQ(post(receiver, "e1", "key"), 204);
  EXPECT_EQ(post(receiver, "e2", "key"), 204);
  EXPECT_EQ(receiver.accepted(), 2u);
  const auto deliveries = receiver.deliveries();
  ASSERT_EQ(deliveries.size(), 2u);
  EXPECT_EQ(deliveries[0].refused, 1);
  EXPECT_EQ(deliveries[0].accepted, 1);
  EXPECT_EQ(deliveries[0].type, "user.created");
  EXPECT_EQ(deliveries[0].subject, "u1");
}

TEST_F(DemoReceiverOverSockets, CountsARepeatedDeliveryOnce) {
  demo_receiver receiver{"key", 0};
  receiver.start();
  EXPECT_EQ(post(receiver, "e1", "key"), 204);
  EXPECT_EQ(post(receiver, "e1", "key"), 204);
  EXPECT_EQ(receiver.accepted(), 1u);
  EXPECT_EQ(receiver.deliveries().front().accepted, 2);
}

TEST_F(DemoReceiverOverSockets, TurnsAWrongSignatureDown) {
  demo_receiver receiver{"key", 0};
  receiver.start();
  EXPECT_EQ(post(receiver, "e1", "another key"), 401);
  EXPECT_EQ(receiver.wrong_signatures(), 1u);
  EXPECT_EQ(receiver.accepted(), 0u);
}

}  // namespace
}  // namespace streamspace
