// Services in a harness: those that the plugin finds, and those that it offers.
#include <memory>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/plugins/testing/plugin_harness.hpp>

namespace streamspace {

struct harness_exchange {
  virtual ~harness_exchange() = default;
  virtual double rate(const std::string& currency) = 0;
};

namespace {

using testing::failure_of;
using ::testing::HasSubstr;
using testing::plugin_harness;

struct fixed_rates : harness_exchange {
  double rate(const std::string& currency) override {
    if (currency == "XXX") throw error{ec::not_found, "no rate for XXX"};
    if (currency == "!") throw std::runtime_error{"out of order"};
    return 1.25;
  }
};

class shop final : public base_plugin, public harness_exchange {
 public:
  void on_load(plugin_context& ctx) override {
    ctx.provide<harness_exchange>(*this);
    ctx.api().get("/price/:currency", [&ctx](const request& rq) -> response {
      const auto rates = ctx.require<harness_exchange>("rates");
      return json{{"price", rates.call(&harness_exchange::rate, std::string{rq.param("currency")})}};
    });
    ctx.events().on("ask", [&ctx, this](const event&) {
      ctx.require<harness_exchange>("rates").call_then([this](result<double> r) { told = *r; }, &harness_exchange::rate,
                                                       "GBP");
    });
    ctx.api().get("/later", [this](const request&, responder answer) { waiting_ = std::move(answer); });
    ctx.events().on("answer", [this](const event&) { waiting_(json{{"at", "last"}}); });
    ctx.api().get("/at-once", [](const request&, responder answer) { answer(json{{"at", "once"}}); });
  }
  double rate(const std::string&) override { return 2; }
  double told = 0;

 private:
  responder waiting_;
};

plugin_manifest of_shop() {
  auto manifest = plain_manifest("shop");
  manifest.dependencies = {{"rates", "*"}};
  return manifest;
}

class PluginHarnessServices : public ::testing::Test {
 protected:
  fixed_rates rates;
  plugin_harness<shop> h{{.manifest = of_shop(), .services = {testing::provided<harness_exchange>("rates", rates)}}};
};

TEST_F(PluginHarnessServices, AreWhatTheTestProvides) {
  EXPECT_EQ(h.get("/price/GBP").json()["price"], 1.25);
  EXPECT_EQ(h.get("/price/XXX").status, 404);
  EXPECT_EQ(h.get("/price/!").status, 500);
}

TEST_F(PluginHarnessServices, AnswerLaterInTheTurnOfThePlugin) {
  h.emit("ask");
  EXPECT_EQ(h.plugin().told, 1.25);
}

TEST_F(PluginHarnessServices, OfThePluginItselfAreCalledByTheTest) {
  EXPECT_EQ(h.offered<harness_exchange>().call(&harness_exchange::rate, "EUR"), 2);
  const auto refused = failure_of([&] { h.offered<fixed_rates>().call([](fixed_rates&) {}); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), ec::not_found);
}

TEST(PluginHarnessWithoutServices, SaysWhatToGiveIt) {
  plugin_harness<shop> h{{.manifest = of_shop()}};
  const auto answer = h.get("/price/GBP");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.json()["detail"].get<std::string>(), HasSubstr("give the harness what stands for it"));
}

TEST_F(PluginHarnessServices, AndAnswersMayComeLater) {
  EXPECT_EQ(h.get("/at-once").json()["at"], "once");
  EXPECT_EQ(h.get("/later").status, 504) << "it has not come by the time that nothing is left to do";
  h.emit("answer");
}

}  // namespace
}  // namespace streamspace
