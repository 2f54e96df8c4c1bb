// Services that plugins offer each other, in a real runtime.
#include <future>
#include <thread>

#include <gmock/gmock.h>

#include "runtime_test.hpp"

namespace streamspace {

/// What a header says that two plugins include.
struct exchange {
  virtual ~exchange() = default;
  virtual double rate(const std::string& from, const std::string& to) = 0;
  virtual void set(const std::string& currency, double value) = 0;
};

namespace {

using namespace std::chrono_literals;
using testing::code_of;
using testing::eventually;
using testing::failure_of;
using ::testing::HasSubstr;
using testing::scripted;
using testing::state_of;

class rates final : public base_plugin, public exchange {
 public:
  void on_load(plugin_context& ctx) override { ctx.provide<exchange>(*this); }
  double rate(const std::string& from, const std::string& to) override { return known(from) / known(to); }
  void set(const std::string& currency, double value) override { values_[currency] = value; }
  json save_state(plugin_context&) override { return values_; }
  void restore_state(plugin_context&, const saved_state& from) override { from.data.get_to(values_); }

 private:
  double known(const std::string& currency) const {
    const auto found = values_.find(currency);
    if (found == values_.end()) throw error{ec::not_found, "no rate for " + currency};
    return found->second;
  }
  std::map<std::string, double> values_{{"EUR", 2.0}, {"USD", 1.0}};
};

class PluginServices : public testing::runtime_test {
 protected:
  static plugin_factory of_rates() { return make_plugin_factory<rates>(plain_manifest("rates")); }
  /// Depends on rates.
  static plugin_factory user(std::string name, testing::plugin_script script) {
    auto made = scripted(std::move(name), std::move(script));
    made.manifest.dependencies = {{"rates", "^1"}};
    return made;
  }
};

TEST_F(PluginServices, AreCalledWithTypesAndValues) {
  double seen = 0;
  const auto rt = running({of_rates(), user("shop", {.on_load = [&](plugin_context& ctx) {
                                              const auto rates = ctx.require<exchange>("rates");
                                              rates.call(&exchange::set, "GBP", 3);
                                              seen = rates.call(&exchange::rate, "GBP", "USD");
                                            }})});
  EXPECT_EQ(seen, 3.0);
}

TEST_F(PluginServices, ThrowTheErrorsOfTheCall) {
  std::optional<error> thrown;
  const auto rt = running({of_rates(), user("shop", {.on_load = [&](plugin_context& ctx) {
                                              const auto rates = ctx.require<exchange>("rates");
                                              thrown = failure_of([&] { rates.call(&exchange::rate, "XXX", "USD"); });
                                            }})});
  ASSERT_TRUE(thrown);
  EXPECT_EQ(*thrown, (error{ec::not_found, "no rate for XXX"}));
}

TEST_F(PluginServices, AreForThoseWhoseManifestNamesTheProvider) {
  const auto rt = started(
      {of_rates(), scripted("stranger", {.on_load = [](plugin_context& ctx) { ctx.require<exchange>("rates"); }})});
  rt->load({.name = "rates"});
  const auto refused = failure_of([&] { rt->load({.name = "stranger"}); });
  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->message(), HasSubstr("on which its manifest does not depend"));
}

TEST_F(PluginServices, FailTheLoadOfWhoeverRequiresWhatIsNotOffered) {
  struct other {
    virtual ~other() = default;
  };
  const auto rt = started({of_rates(), user("shop", {.on_load = [](plugin_context& ctx) {
                                              EXPECT_EQ(ctx.find<other>("rates"), std::nullopt);
                                              ctx.require<other>("rates");
                                            }})});
  rt->load({.name = "rates"});
  EXPECT_THAT(failure_of([&] { rt->load({.name = "shop"}); })->message(), HasSubstr("plugin rates offers no service"));
}

TEST_F(PluginServices, StayGoodWhenTheProviderIsReloaded) {
  std::optional<service<exchange>> kept;
  const auto rt = running({of_rates(), user("shop", {.on_load = [&](plugin_context& ctx) {
                                              kept = ctx.require<exchange>("rates");
                                              kept->call(&exchange::set, "GBP", 5);
                                            }})});
  rt->reload("rates");
  EXPECT_EQ(kept->call(&exchange::rate, "GBP", "USD"), 5.0) << "of the new one, which goes on with the state";
}

TEST_F(PluginServices, AnswerEveryCallWhileTheProviderIsReloaded) {
  std::optional<service<exchange>> kept;
  const auto rt = running(
      {of_rates(), user("shop", {.on_load = [&](plugin_context& ctx) { kept = ctx.require<exchange>("rates"); }})});
  std::atomic<int> asked{0};
  {
    const std::jthread caller{[&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        EXPECT_EQ(kept->call(&exchange::rate, "EUR", "USD"), 2.0);
        ++asked;
      }
    }};
    for (int i = 0; i < 20; ++i) rt->reload("rates");
    EXPECT_TRUE(eventually([&] { return asked > 100; }));
  }
}

TEST_F(PluginServices, AreUnavailableWhileTheProviderIsDisabled) {
  auto optional_user = scripted("shop", {.on_load = [](plugin_context& ctx) {
                                  ctx.api().get("/rate", [&ctx](const request&) -> response {
                                    const auto found = ctx.find<exchange>("rates");
                                    return json{{"there", found.has_value()}};
                                  });
                                }});
  optional_user.manifest.extra["optionalDependencies"] = {{"rates", "*"}};
  const auto rt = running({of_rates(), std::move(optional_user)});
  const auto there = [&] {
    const auto routes = rt->routes().current();
    std::promise<response> answered;
    for (const auto& e : *routes)
      if (e.path == "/api/plugins/shop/rate")
        e.dispatch({}, responder{[&](response r) { answered.set_value(std::move(r)); }});
    return answered.get_future().get().json()["there"].get<bool>();
  };
  EXPECT_TRUE(there());
  rt->disable("rates");
  EXPECT_FALSE(there());
  rt->enable("rates");
  EXPECT_TRUE(there());
  rt->unload("rates");
  EXPECT_FALSE(there());
  rt->load({.name = "rates"});
  EXPECT_TRUE(there());
}

TEST_F(PluginServices, AnswerLaterInTheTurnOfWhoeverCalled) {
  std::promise<result<double>> good;
  std::promise<result<double>> bad;
  const auto rt = running({of_rates(), user("shop", {.on_enable = [&](plugin_context& ctx) {
                                              const auto rates = ctx.require<exchange>("rates");
                                              rates.call_then(
                                                  [&](result<double> r) {
                                                    EXPECT_TRUE(ctx.in_turn());
                                                    good.set_value(std::move(r));
                                                  },
                                                  &exchange::rate, "EUR", "USD");
                                              rates.call_then([&](result<double> r) { bad.set_value(std::move(r)); },
                                                              &exchange::rate, "XXX", "USD");
                                            }})});
  EXPECT_EQ(*good.get_future().get(), 2.0);
  EXPECT_EQ(bad.get_future().get().error().code(), ec::not_found);
}

plugin_task ask(service<exchange> rates, std::promise<double>& answer) {
  co_await rates.co_call(&exchange::set, "GBP", 7);
  answer.set_value(co_await rates.co_call(&exchange::rate, "GBP", "USD"));
}

TEST_F(PluginServices, AreAwaited) {
  std::promise<double> answer;
  const auto rt = running({of_rates(), user("shop", {.on_enable = [&](plugin_context& ctx) {
                                              ctx.start(ask(ctx.require<exchange>("rates"), answer));
                                            }})});
  EXPECT_EQ(answer.get_future().get(), 7.0);
}

/// Emits an event for its caller, and waits for whoever hears it.
class loud final : public base_plugin, public exchange {
 public:
  void on_load(plugin_context& ctx) override {
    ctx_ = &ctx;
    ctx.provide<exchange>(*this);
  }
  double rate(const std::string&, const std::string&) override {
    const auto report = ctx_->events().emit_sync("asked", json::object(), 30s);
    return report.failures().empty() ? 0 : static_cast<double>(report.failures().front().outcome);
  }
  void set(const std::string&, double) override {}

 private:
  plugin_context* ctx_ = nullptr;
};

TEST_F(PluginServices, DoNotDeadlockWithSynchronousEmits) {
  double outcome = 0;
  auto caller = user("shop", {.on_load = [&](plugin_context& ctx) {
                       ctx.events().on("plugin.rates.asked", [](const event&) {});
                       ctx.events().on("go", [&](const event&) {
                         outcome = ctx.require<exchange>("rates").call(&exchange::rate, "", "");
                       });
                     }});
  const auto rt = running({make_plugin_factory<loud>(plain_manifest("rates")), std::move(caller)});
  EXPECT_TRUE(rt->emit_sync("go", json::object(), 30s).failures().empty());
  EXPECT_EQ(outcome, static_cast<double>(delivery_outcome::would_deadlock));
}

TEST_F(PluginServices, AreSeenToFailWhenTheProviderThrows) {
  std::optional<error> thrown;
  const auto rt = running({of_rates(), user("shop", {.on_load = [&](plugin_context& ctx) {
                                              const auto rates = ctx.require<exchange>("rates");
                                              thrown = failure_of([&] {
                                                rates.call([](exchange&) { throw std::runtime_error{"out of order"}; });
                                              });
                                            }})});
  ASSERT_TRUE(thrown);
  EXPECT_EQ(thrown->code(), ec::plugin_failed);
  EXPECT_THAT(thrown->message(), HasSubstr("out of order"));
  EXPECT_TRUE(eventually([&] { return logs().has(log_level::error, "out of order"); }));
}

TEST_F(PluginServices, EndWithTheHookThatOfferedThemWhenItFails) {
  bool offered_before = true;
  auto provider = scripted("rates", {.on_enable = [](plugin_context& ctx) {
                             static rates object;
                             ctx.provide<exchange>(object);
                             EXPECT_EQ(code_of([&] { ctx.provide<exchange>(object); }), ec::already_exists);
                             EXPECT_TRUE(ctx.withdraw<exchange>());
                             EXPECT_FALSE(ctx.withdraw<exchange>());
                           }});
  const auto rt = running({std::move(provider), user("shop", {.on_load = [&](plugin_context& ctx) {
                                                       offered_before = ctx.find<exchange>("rates").has_value();
                                                     }})});
  EXPECT_FALSE(offered_before);
}

}  // namespace
}  // namespace streamspace
