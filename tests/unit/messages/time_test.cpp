#include <gmock/gmock.h>

#include <streamspace/messages/time.hpp>

namespace streamspace {
namespace {

using namespace std::chrono;

struct reading {
  const char* text;
  const char* expected;  ///< In UTC; null when it is none.
};

class ParseRfc3339 : public ::testing::TestWithParam<reading> {};

TEST_P(ParseRfc3339, ReadsInstantsAndNothingElse) {
  const auto& [text, expected] = GetParam();
  const auto read = parse_rfc3339(text);
  if (!expected) {
    EXPECT_FALSE(read) << text;
  } else {
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(to_rfc3339(*read), expected) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, ParseRfc3339,
    ::testing::Values(reading{"2026-03-29T01:02:03Z", "2026-03-29T01:02:03.000000Z"},
                      reading{"2026-03-29t01:02:03z", "2026-03-29T01:02:03.000000Z"},
                      reading{"2026-03-29 01:02:03Z", "2026-03-29T01:02:03.000000Z"},
                      reading{"2026-03-29T01:02:03.5Z", "2026-03-29T01:02:03.500000Z"},
                      reading{"2026-03-29T01:02:03.123456Z", "2026-03-29T01:02:03.123456Z"},
                      reading{"2026-03-29T01:02:03.123456789Z", "2026-03-29T01:02:03.123456Z"},
                      reading{"2026-03-29T01:02:03+02:00", "2026-03-28T23:02:03.000000Z"},
                      reading{"2026-03-29T23:02:03-05:30", "2026-03-30T04:32:03.000000Z"},
                      reading{"2026-03-29 01:02:03.5+00", "2026-03-29T01:02:03.500000Z"},
                      reading{"2026-03-29 01:02:03-03", "2026-03-29T04:02:03.000000Z"},
                      reading{"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"},
                      reading{"2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z"},
                      reading{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"},
                      reading{"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"},
                      reading{"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"},
                      reading{"9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000000Z"}, reading{"", nullptr},
                      reading{"now", nullptr}, reading{"2026-03-29", nullptr}, reading{"2026-03-29T01:02:03", nullptr},
                      reading{"2026-03-29T01:02Z", nullptr}, reading{"2026-02-29T00:00:00Z", nullptr},
                      reading{"1900-02-29T00:00:00Z", nullptr}, reading{"2026-04-31T00:00:00Z", nullptr},
                      reading{"2026-13-01T00:00:00Z", nullptr}, reading{"2026-00-01T00:00:00Z", nullptr},
                      reading{"2026-01-00T00:00:00Z", nullptr}, reading{"2026-03-29T24:00:00Z", nullptr},
                      reading{"2026-03-29T00:60:00Z", nullptr}, reading{"2026-03-29T00:00:61Z", nullptr},
                      reading{"2026-03-29T01:02:03.Z", nullptr}, reading{"2026-03-29T01:02:03.1234567890Z", nullptr},
                      reading{"2026-03-29T01:02:03Zx", nullptr}, reading{"2026-03-29T01:02:03+24:00", nullptr},
                      reading{"2026-03-29T01:02:03+02:60", nullptr}, reading{"2026-03-29T01:02:03+2:00", nullptr},
                      reading{"2026-03-29T01:02:03+0200", nullptr}, reading{" 2026-03-29T01:02:03Z", nullptr},
                      reading{"26-03-29T01:02:03Z", nullptr}, reading{"+2026-03-29T01:02:03Z", nullptr},
                      reading{"2026-3-29T01:02:03Z", nullptr}, reading{"infinity", nullptr}));

TEST(ToRfc3339, HasSixDigitsOfFraction) {
  EXPECT_EQ(to_rfc3339(timestamp{}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_rfc3339(timestamp{microseconds{1}}), "1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(to_rfc3339(timestamp{microseconds{-1}}), "1969-12-31T23:59:59.999999Z");
}

TEST(Time, GoesToTextAndBackWithoutLoss) {
  for (const auto t : {now(), timestamp{}, timestamp{microseconds{-62'135'596'800'000'000}},
                       timestamp{microseconds{253'402'300'799'999'999}}})
    EXPECT_EQ(parse_rfc3339(to_rfc3339(t)), t);
}

}  // namespace
}  // namespace streamspace
