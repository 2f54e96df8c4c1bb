#include <support/errors.hpp>

#include "builtin_plugin_test.hpp"
#include "webhook_receiver.hpp"
#include <streamspace/plugins/builtin/webhook/delivery_worker.hpp>

namespace streamspace::builtin {
namespace {

using streamspace::testing::eventually;
using streamspace::testing::patience;
using streamspace::testing::webhook_receiver;
using streamspace::testing::webhook_reply;

/// A worker for one endpoint, without the plugin around it.
class DeliveryWorker : public ::testing::Test {
 protected:
  DeliveryWorker() { store_.prepare(); }

  void configure(const json& endpoint, const json& more = json::object()) {
    json config{{"endpoints", {endpoint}}, {"firstPauseMs", 3'600'000}, {"longestPauseMs", 3'600'000}};
    config.merge_patch(more);
    config_ = read_webhook_config(plugin_config{config});
    worker_.emplace(config_, store_,
                    plugin_logger{"webhook", nullptr, std::make_shared<log_threshold>(log_level::fatal)}, counters_,
                    "test", store_.pending(config_.endpoints));
  }

  void send(const std::string& id) {
    for (auto& d : store_.add(config_.endpoints, {0}, {0, id, "session.created", "{}", 0})) worker_->add(std::move(d));
  }

  std::string statuses() {
    const auto page = store_.find(delivery_filter{});
    std::string text;
    for (const auto& d : page["deliveries"])
      text = d["event"].get<std::string>() + "=" + d["status"].get<std::string>() + " " + text;
    return text;
  }

  streamspace::testing::test_database postgres_{streamspace::testing::test_database::layout::empty};
  plugin_database database_{"webhook", streamspace::testing::make_pg_executor(postgres_.url()), patience, nullptr};
  delivery_store store_{database_};
  webhook_config config_;
  webhook_counters counters_;
  std::optional<delivery_worker> worker_;
};

TEST_F(DeliveryWorker, BreaksOffWhatIsUnderWayAtTheDeadlineAndLeavesTheRestPending) {
  const webhook_receiver stuck{[](const request&, std::size_t) { return webhook_reply{.hang = true}; }};
  configure({{"url", stuck.url()}, {"events", {"session.*"}}, {"timeoutMs", 120'000}});
  send("a");
  send("b");
  ASSERT_TRUE(stuck.wait_for(1));
  worker_->stop(std::chrono::milliseconds{20});
  EXPECT_EQ(statuses(), "a=failed b=pending ");
  EXPECT_EQ(counters_.failed, 1U);
  EXPECT_EQ(worker_->queued(), 1U);
}

TEST_F(DeliveryWorker, DoesNotWaitForTheDeadlineWhenNothingIsDueBeforeIt) {
  const webhook_receiver receiver{[](const request&, std::size_t) { return webhook_reply{.status = 503}; }};
  configure({{"url", receiver.url()}, {"events", {"session.*"}}});
  send("a");
  ASSERT_TRUE(eventually([&] { return counters_.retried == 1; }));
  const auto begun = std::chrono::steady_clock::now();
  worker_->stop(patience);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, patience);
  EXPECT_EQ(statuses(), "a=pending ");
}

TEST_F(DeliveryWorker, SendsNoFasterThanTheRate) {
  const webhook_receiver receiver;
  configure({{"url", receiver.url()}, {"events", {"session.*"}}}, {{"ratePerSecond", 0.01}});
  send("a");
  send("b");
  ASSERT_TRUE(eventually([&] { return counters_.delivered == 1; }));
  worker_->stop(std::chrono::milliseconds{50});
  EXPECT_EQ(receiver.requests().size(), 1U);
  EXPECT_EQ(statuses(), "a=delivered b=pending ");
}

TEST_F(DeliveryWorker, MayBeStoppedTwice) {
  configure({{"url", "http://127.0.0.1/"}, {"events", {"session.*"}}});
  worker_->stop(std::chrono::milliseconds{0});
  worker_->stop(std::chrono::milliseconds{0});
}

}  // namespace
}  // namespace streamspace::builtin
