#include <gmock/gmock.h>

#include <streamspace/plugins/schedule/duration_text.hpp>

namespace streamspace::testing {
namespace {

using namespace std::chrono_literals;

TEST(DurationText, IsReadAsGoWritesIt) {
  EXPECT_EQ(parse_duration("90s"), 90s);
  EXPECT_EQ(parse_duration("1h30m10s"), 1h + 30min + 10s);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration(".5m"), 30s);
  EXPECT_EQ(parse_duration("2.s"), 2s);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("7us"), 7us);
  EXPECT_EQ(parse_duration("7\u00B5s"), 7us);
  EXPECT_EQ(parse_duration("7\u03BCs"), 7us);
  EXPECT_EQ(parse_duration("7ns"), 7ns);
  EXPECT_EQ(parse_duration("+3s"), 3s);
  EXPECT_EQ(parse_duration("-3s"), -3s);
  EXPECT_EQ(parse_duration("1h1h"), 2h);
  EXPECT_EQ(parse_duration("0.123456789123s"), 123456789ns);
  EXPECT_EQ(parse_duration("2562047h47m16.854775807s"), std::chrono::nanoseconds::max());
}

TEST(DurationText, SaysWhereItIsWrong) {
  const auto place_of = [](const char* text) -> std::size_t {
    const auto read = parse_duration(text);
    return read ? 99 : read.error().at;
  };
  EXPECT_EQ(place_of(""), 0u);
  EXPECT_EQ(place_of("-"), 1u);
  EXPECT_EQ(place_of("s"), 0u);
  EXPECT_EQ(place_of("."), 0u);
  EXPECT_EQ(place_of("5"), 0u);
  EXPECT_EQ(place_of("1h5"), 2u);
  EXPECT_EQ(place_of("1h5d"), 3u);
  EXPECT_EQ(place_of("1H"), 1u);
  EXPECT_EQ(place_of("2562048h"), 0u);
  EXPECT_EQ(place_of("1h2562047h"), 2u);
  EXPECT_EQ(place_of("99999999999999999999s"), 0u);
  EXPECT_EQ(place_of("9223372036.9s"), 0u);
}

}  // namespace
}  // namespace streamspace::testing
