#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/plugins/sdk/plugin_config.hpp>

namespace streamspace::testing {
namespace {

using ::testing::HasSubstr;

const plugin_config config{json{{"threshold", 5},
                                {"ratio", 0.5},
                                {"lang", "en"},
                                {"on", true},
                                {"big", 5'000'000'000LL},
                                {"below", -1},
                                {"none", nullptr},
                                {"list", {"a", "b"}},
                                {"smtp", {{"host", "mail"}, {"port", 25}}},
                                {"a/b", 1}}};

template <class T>
std::optional<error> misfit(const std::string& pointer) {
  return failure_of([&] { config.get<T>(pointer); });
}

TEST(PluginConfig, GivesValuesByPointer) {
  EXPECT_EQ(config.get<int>("/threshold"), 5);
  EXPECT_DOUBLE_EQ(config.get<double>("/ratio"), 0.5);
  EXPECT_DOUBLE_EQ(config.get<double>("/threshold"), 5) << "an integer is a number";
  EXPECT_EQ(config.get<std::string>("/lang"), "en");
  EXPECT_TRUE(config.get<bool>("/on"));
  EXPECT_EQ(config.get<long long>("/big"), 5'000'000'000LL);
  EXPECT_EQ(config.get<std::vector<std::string>>("/list"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(config.get<std::string>("/list/1"), "b");
  EXPECT_EQ(config.get<int>("/smtp/port"), 25);
  EXPECT_EQ(config.get<json>("/smtp"), (json{{"host", "mail"}, {"port", 25}}));
  EXPECT_EQ(config.get<int>("/a~1b"), 1);
}

TEST(PluginConfig, IsTheObjectItWasGiven) {
  EXPECT_TRUE(config.raw().is_object());
  EXPECT_EQ(config.raw().size(), 10U);
  EXPECT_EQ(plugin_config{}.raw(), json::object());
}

TEST(PluginConfig, FallsBackWhereNothingIs) {
  EXPECT_EQ(config.get("/missing", 7), 7);
  EXPECT_EQ(config.get<std::string>("/smtp/user", "nobody"), "nobody");
  EXPECT_EQ(config.get("/list/9", 7), 7);
  EXPECT_EQ(config.get("/threshold", 7), 5);
}

TEST(PluginConfig, SaysWhatIsMissing) {
  const auto failure = misfit<int>("/smtp/user");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code(), ec::not_found);
  EXPECT_THAT(failure->message(), HasSubstr("/smtp/user"));
}

TEST(PluginConfig, RefusesValuesOfAnotherType) {
  for (const auto& failure :
       {misfit<int>("/lang"), misfit<int>("/ratio"), misfit<int>("/on"), misfit<int>("/none"), misfit<int>("/big"),
        misfit<unsigned>("/below"), misfit<std::uint8_t>("/big"), misfit<bool>("/threshold"), misfit<double>("/lang"),
        misfit<std::string>("/threshold"), misfit<std::string>("/none"), misfit<std::vector<int>>("/list")}) {
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code(), ec::invalid_argument) << failure->message();
  }
  EXPECT_EQ(failure_of([] { config.get("/lang", 7); })->code(), ec::invalid_argument)
      << "no fallback for a wrong value";
}

TEST(PluginConfig, DoesNotQuoteTextThatDoesNotFit) {
  const plugin_config secret{json{{"port", "hunter2"}}};
  EXPECT_THAT(failure_of([&] { secret.get<int>("/port"); })->message(), ::testing::Not(HasSubstr("hunter2")));
}

TEST(PluginConfig, RefusesAPointerThatIsNone) {
  EXPECT_EQ(misfit<int>("threshold")->code(), ec::invalid_argument);
  EXPECT_EQ(misfit<int>("/a~2b")->code(), ec::invalid_argument);
}

}  // namespace
}  // namespace streamspace::testing
