#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/messages/logged_event.hpp>

namespace streamspace {
namespace {

using testing::code_of;
using testing::failure_of;
using ::testing::HasSubstr;

constexpr auto highest = std::numeric_limits<std::uint64_t>::max();

TEST(LogPosition, IsTextAndBack) {
  EXPECT_EQ(to_string(log_position{}), "0-0");
  EXPECT_EQ(to_string(log_position{1234, 57}), "1234-57");
  EXPECT_EQ(to_string(log_position{highest, highest}), "18446744073709551615-18446744073709551615");
  for (const auto& at :
       {log_position{}, log_position{1234, 57}, log_position{0, 1}, log_position{1, 0}, log_position{highest, highest}})
    EXPECT_EQ(parse_log_position(to_string(at)), at) << to_string(at);
}

TEST(LogPosition, IsReadFromNoOtherText) {
  for (const auto& text : {std::string{},
                           std::string{"-"},
                           std::string{"--"},
                           std::string{"1"},
                           std::string{"1-"},
                           std::string{"-1"},
                           std::string{"1--2"},
                           std::string{"1-2-3"},
                           std::string{"+1-2"},
                           std::string{"1-+2"},
                           std::string{"-1-2"},
                           std::string{" 1-2"},
                           std::string{"1 -2"},
                           std::string{"1- 2"},
                           std::string{"1-2 "},
                           std::string{"1-2\n"},
                           std::string{"0x1-2"},
                           std::string{"1e3-2"},
                           std::string{"1.0-2"},
                           std::string{"a-b"},
                           std::string{"1_000-2"},
                           std::string{"1\0-2", 4},
                           std::string{"1-2\0", 4},
                           std::string{"18446744073709551616-1"},
                           std::string{"1-18446744073709551616"},
                           std::string{"99999999999999999999999999-1"},
                           std::string{"\xD9\xA1-\xD9\xA2"},
                           std::string(1U << 20U, '1') + "-1",
                           std::string(1U << 20U, '-')})
    EXPECT_FALSE(parse_log_position(text)) << text.substr(0, 80);
}

TEST(LogPosition, HasOneSpellingOnly) {
  for (const auto* text : {"01-2", "1-02", "00-0", "0-00"}) EXPECT_FALSE(parse_log_position(text)) << text;
}

TEST(LogPosition, OfALaterTransactionIsLaterWhateverItsNumber) {
  const std::vector<log_position> ascending{{0, 0}, {0, highest}, {1, 0}, {1, 7}, {1, 8}, {2, 3}, {highest, 0}};
  for (std::size_t i = 0; i < ascending.size(); ++i)
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_EQ(ascending[i] < ascending[j], i < j) << i << " " << j;
      EXPECT_EQ(ascending[i] == ascending[j], i == j) << i << " " << j;
    }
}

TEST(EventLogFilter, MeansAnyEventByDefault) {
  EXPECT_FALSE(failure_of([] { demand_valid({}); }));
}

TEST(EventLogFilter, TakesTypesAndPatternsOfThem) {
  for (const auto* pattern : {"", ">", "*", "session.created", "session.*", "plugin.my-plugin.>", "*.created"}) {
    event_log_filter filter;
    filter.pattern = pattern;
    EXPECT_FALSE(failure_of([&] { demand_valid(filter); })) << pattern;
  }
  for (const auto& pattern : {std::string{"."}, std::string{"a b"}, std::string{"a.>.b"}, std::string{"a%"},
                              std::string{"a'; DROP TABLE event_log"}, std::string{"a\0", 2}, std::string(201, 'a')}) {
    event_log_filter filter;
    filter.pattern = pattern;
    EXPECT_EQ(code_of([&] { demand_valid(filter); }), ec::invalid_argument) << pattern;
  }
}

TEST(EventLogFilter, SaysWhatIsWrongWithAPatternAndKeepsItShort) {
  event_log_filter filter;
  filter.pattern = "no pattern " + std::string(10'000, 'x');
  const auto refusal = failure_of([&] { demand_valid(filter); });
  ASSERT_TRUE(refusal);
  EXPECT_THAT(refusal->message(), HasSubstr("'no pattern xxx"));
  EXPECT_LT(refusal->message().size(), 200U);
}

TEST(EventLogFilter, HasALimitFromOneToAThousand) {
  event_log_filter filter;
  for (const std::size_t limit : {1, 100, 1'000}) {
    filter.limit = limit;
    EXPECT_FALSE(failure_of([&] { demand_valid(filter); })) << limit;
  }
  for (const std::size_t limit : {std::size_t{0}, std::size_t{1'001}, std::numeric_limits<std::size_t>::max()}) {
    filter.limit = limit;
    const auto refusal = failure_of([&] { demand_valid(filter); });
    ASSERT_TRUE(refusal) << limit;
    EXPECT_EQ(refusal->code(), ec::invalid_argument);
    EXPECT_THAT(refusal->message(), HasSubstr("limit must be 1 to 1000, not " + std::to_string(limit)));
  }
}

TEST(LoggedEvent, ShowsWhereItStandsAndItsEnvelope) {
  const auto what = std::make_shared<const event>("a.b", json{{"n", 1}});
  const json shown = logged_event{{12, 7}, *parse_rfc3339("2026-03-29T23:59:59.999999Z"), what};
  EXPECT_EQ(shown, (json{{"position", "12-7"},
                         {"number", 7},
                         {"logged", "2026-03-29T23:59:59.999999Z"},
                         {"event", what->envelope()}}));
}

TEST(DurableSubscription, ShowsHowFarItHasComeAndWhoBringsItsEvents) {
  durable_subscription s{"p", "all", "a.*", {12, 7}, 3, "host", *parse_rfc3339("2026-03-29T12:00:00Z")};
  EXPECT_EQ(json(s), json::parse(R"({"plugin": "p", "name": "all", "pattern": "a.*", "settled": "12-7", "toRetry": 3,
                                     "holder": "host", "since": "2026-03-29T12:00:00.000000Z"})"));
  s.holder.clear();
  EXPECT_EQ(json(s)["holder"], json(nullptr)) << "nobody";
}

}  // namespace
}  // namespace streamspace
