#include <set>

#include <gmock/gmock.h>

#include <streamspace/plugins/schedule/cron_field_text.hpp>

namespace streamspace::testing {
namespace {

using ::testing::ElementsAreArray;

std::vector<int> values_of(std::uint64_t bits) {
  std::vector<int> values;
  for (int n = 0; n < 64; ++n)
    if ((bits >> n & 1U) != 0) values.push_back(n);
  return values;
}

std::vector<int> from_to(int first, int last, int step = 1) {
  std::vector<int> values;
  for (int n = first; n <= last; n += step) values.push_back(n);
  return values;
}

struct reading {
  cron_field field;
  const char* text;
  std::vector<int> values;
  bool star = false;
};

using enum cron_field;

class CronField : public ::testing::TestWithParam<reading> {};

TEST_P(CronField, IsTheSetOfItsValues) {
  const auto& [field, text, values, star] = GetParam();
  const auto read = parse_cron_field(field, text);
  ASSERT_TRUE(read) << text << ": " << read.error().what;
  EXPECT_THAT(values_of(read->bits), ElementsAreArray(values)) << text;
  EXPECT_EQ(read->star, star) << text;
}

INSTANTIATE_TEST_SUITE_P(
    Stars, CronField,
    ::testing::Values(reading{second, "*", from_to(0, 59), true}, reading{minute, "*", from_to(0, 59), true},
                      reading{hour, "*", from_to(0, 23), true}, reading{day_of_month, "*", from_to(1, 31), true},
                      reading{month, "*", from_to(1, 12), true}, reading{day_of_week, "*", from_to(0, 6), true},
                      reading{day_of_month, "?", from_to(1, 31), true}, reading{day_of_week, "?", from_to(0, 6), true},
                      reading{minute, "*/5", from_to(0, 59, 5), true}, reading{minute, "*/7", from_to(0, 59, 7), true},
                      reading{minute, "*/1", from_to(0, 59), true}, reading{minute, "*/90", {0}, true},
                      reading{hour, "*/6", {0, 6, 12, 18}, true}, reading{day_of_month, "*/10", {1, 11, 21, 31}, true},
                      reading{day_of_month, "?/10", {1, 11, 21, 31}, true}, reading{month, "*/4", {1, 5, 9}, true},
                      reading{day_of_week, "*/2", {0, 2, 4, 6}, true}, reading{day_of_week, "*/7", {0}, true},
                      reading{minute, "*,5", from_to(0, 59), true}, reading{minute, "5,*", from_to(0, 59)}));

INSTANTIATE_TEST_SUITE_P(
    Values, CronField,
    ::testing::Values(reading{second, "0", {0}}, reading{second, "59", {59}}, reading{minute, "0", {0}},
                      reading{minute, "59", {59}}, reading{minute, "05", {5}}, reading{minute, "0000005", {5}},
                      reading{hour, "0", {0}}, reading{hour, "23", {23}}, reading{day_of_month, "1", {1}},
                      reading{day_of_month, "31", {31}}, reading{month, "1", {1}}, reading{month, "12", {12}},
                      reading{day_of_week, "0", {0}}, reading{day_of_week, "6", {6}}, reading{day_of_week, "7", {0}},
                      reading{minute, "5,10,5", {5, 10}}, reading{minute, "30,1", {1, 30}}));

INSTANTIATE_TEST_SUITE_P(
    Ranges, CronField,
    ::testing::Values(reading{minute, "0-59", from_to(0, 59)}, reading{hour, "9-17", from_to(9, 17)},
                      reading{hour, "5-5", {5}}, reading{minute, "1-30/7", {1, 8, 15, 22, 29}},
                      reading{minute, "1-30/30", {1}}, reading{minute, "5/15", {5, 20, 35, 50}},
                      reading{hour, "20/2", {20, 22}}, reading{day_of_month, "28/1", {28, 29, 30, 31}},
                      reading{month, "10/1", {10, 11, 12}}, reading{day_of_week, "1/2", {1, 3, 5}},
                      reading{day_of_week, "7/2", {0}}, reading{day_of_week, "5-7", {0, 5, 6}},
                      reading{day_of_week, "0-7", from_to(0, 6)}, reading{day_of_week, "1-7/2", {0, 1, 3, 5}},
                      reading{day_of_week, "7-7", {0}},
                      reading{minute, "0-10/5,30,40-42", {0, 5, 10, 30, 40, 41, 42}}));

INSTANTIATE_TEST_SUITE_P(Names, CronField,
                         ::testing::Values(reading{month, "JAN", {1}}, reading{month, "Feb", {2}},
                                           reading{month, "dEC", {12}}, reading{month, "JUN-AUG", {6, 7, 8}},
                                           reading{month, "3-MAY", {3, 4, 5}}, reading{month, "JAN/6", {1, 7}},
                                           reading{month, "JUL,apr", {4, 7}}, reading{day_of_week, "SUN", {0}},
                                           reading{day_of_week, "sat", {6}}, reading{day_of_week, "WED", {3}},
                                           reading{day_of_week, "MON-FRI", {1, 2, 3, 4, 5}},
                                           reading{day_of_week, "sun-tue", {0, 1, 2}},
                                           reading{day_of_week, "FRI-7", {0, 5, 6}},
                                           reading{day_of_week, "MON-FRI/2,SAT", {1, 3, 5, 6}}));

TEST(CronFieldNames, AllHaveTheirNumbers) {
  int number = 0;
  for (const auto* name : {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"})
    EXPECT_EQ(parse_cron_field(month, name)->bits, 1U << ++number) << name;
  number = 0;
  for (const auto* name : {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"})
    EXPECT_EQ(parse_cron_field(day_of_week, name)->bits, 1U << number++) << name;
}

}  // namespace
}  // namespace streamspace::testing
