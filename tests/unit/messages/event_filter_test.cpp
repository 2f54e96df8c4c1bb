#include <deque>
#include <functional>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <support/heap.hpp>

#include <streamspace/messages/event.hpp>
#include <streamspace/messages/event_filter.hpp>

namespace streamspace {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

bool admits(std::string_view filter, const event& e) {
  const auto parsed = event_filter::parse(filter);
  EXPECT_TRUE(parsed) << parsed.error().message();
  return parsed && parsed->admits(e);
}

event sample() {
  event e{"session.created", json::parse(R"({
    "user_id": "u7", "cpu": 2, "load": 0.5, "active": true, "nothing": null, "tags": ["gpu", "eu", 3, null],
    "owner": {"name": "Ann", "list": [{"n": 1}, {"n": 2}]}, "odd key": {"a.b": "x"}, "same": {"name": "Ann"},
    "low": -1, "huge": 18446744073709551615, "quote": "say \"hi\"\n", "umlaut": "ü"})")};
  e.set_source("billing");
  return e;
}

struct filter_case {
  const char* filter;
  bool admitted;
};

void PrintTo(const filter_case& c, std::ostream* out) {
  *out << c.filter;
}

class EventFilter : public ::testing::TestWithParam<filter_case> {};

TEST_P(EventFilter, AdmitsWhatTheTextSays) {
  const auto parsed = event_filter::parse(GetParam().filter);
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->admits(sample()), GetParam().admitted);
  EXPECT_EQ(parsed->text(), GetParam().filter);
}

INSTANTIATE_TEST_SUITE_P(
    Equality, EventFilter,
    ::testing::Values(filter_case{R"(data.user_id == "u7")", true},  //
                      filter_case{R"(data.user_id == "u")", false}, filter_case{R"("u7" == data.user_id)", true},
                      filter_case{R"(data.user_id != "u8")", true}, filter_case{"data.cpu == 2", true},  //
                      filter_case{"data.cpu == 2.0", true},                                              //
                      filter_case{"data.cpu == \"2\"", false}, filter_case{"data.cpu != \"2\"", true},
                      filter_case{"data.active == true", true}, filter_case{"data.active == 1", false},
                      filter_case{"data.missing == null", true}, filter_case{"data.nothing == null", true},
                      filter_case{"data.missing != null", false}, filter_case{"data.missing.deeper == null", true},
                      filter_case{"data.user_id.deeper == null", true}, filter_case{"data.nothing == false", false},
                      filter_case{"data.low == data.huge", false},
                      filter_case{"data.huge == 18446744073709551615", true},
                      filter_case{"data.huge == 18446744073709551614", false},
                      filter_case{"data.owner == data.owner", true}, filter_case{"data.owner == data.same", false},
                      filter_case{"data.owner.name == data.same.name", true},
                      filter_case{"data.tags == data.owner", false}));

INSTANTIATE_TEST_SUITE_P(
    Order, EventFilter,
    ::testing::Values(filter_case{"data.cpu >= 2", true}, filter_case{"data.cpu > 2", false},
                      filter_case{"data.cpu <= 2", true}, filter_case{"data.cpu < 2", false},
                      filter_case{"data.cpu < 2.5", true}, filter_case{"data.load > -1e0", true},
                      filter_case{"data.low < data.huge", true}, filter_case{"data.low > data.huge", false},
                      filter_case{"data.huge > 18446744073709551614", true},
                      filter_case{R"(data.user_id < "u8")", true}, filter_case{R"(data.user_id > "u8")", false},
                      filter_case{R"(data.cpu < "3")", false}, filter_case{R"(data.cpu >= "3")", false},
                      filter_case{"data.missing < 1", false}, filter_case{"data.missing >= null", false},
                      filter_case{"data.active <= true", false}, filter_case{"data.tags <= data.tags", false}));

INSTANTIATE_TEST_SUITE_P(
    Places, EventFilter,
    ::testing::Values(filter_case{R"(type == "session.created")", true}, filter_case{R"(type == "session")", false},
                      filter_case{R"(source == "billing")", true}, filter_case{R"(id != "")", true},
                      filter_case{"data != null", true}, filter_case{"data.owner.list[1].n == 2", true},
                      filter_case{"data.owner.list[2].n == null", true}, filter_case{"data.owner[0] == null", true},
                      filter_case{R"(data["odd key"]["a.b"] == "x")", true}, filter_case{"data.tags[2] == 3", true},
                      filter_case{R"(data["user_id"] == "u7")", true}, filter_case{"data.tags.gpu == null", true},
                      filter_case{R"(data.quote == "say \"hi\"\n")", true},
                      filter_case{R"(data.umlaut == "\u00fc")", true}));

INSTANTIATE_TEST_SUITE_P(
    Words, EventFilter,
    ::testing::Values(
        filter_case{R"(data.user_id in ["u6", "u7"])", true}, filter_case{R"(data.user_id in ["u6"])", false},
        filter_case{"data.cpu in [1, 2]", true}, filter_case{"data.missing in [null]", true},
        filter_case{"data.cpu in []", false}, filter_case{R"(data.tags contains "eu")", true},
        filter_case{R"(data.tags contains "e")", false}, filter_case{"data.tags contains 3.0", true},
        filter_case{"data.tags contains null", true}, filter_case{R"(data.user_id contains "7")", true},
        filter_case{R"(data.user_id contains "8")", false}, filter_case{R"(data.cpu contains 2)", false},
        filter_case{R"(data.owner contains "name")", false}, filter_case{R"(type contains "created")", true},
        filter_case{R"(type starts_with "session.")", true}, filter_case{R"(type starts_with "created")", false},
        filter_case{"data.cpu starts_with 2", false}, filter_case{"exists data.user_id", true},
        filter_case{"exists data.nothing", true}, filter_case{"exists data.missing", false},
        filter_case{"exists data.tags[3]", true}, filter_case{"exists data.tags[4]", false},
        filter_case{"exists data", true}, filter_case{"!exists data.missing", true}));

INSTANTIATE_TEST_SUITE_P(Joined, EventFilter,
                         ::testing::Values(filter_case{R"(data.user_id == "u7" && data.cpu >= 2)", true},
                                           filter_case{R"(data.user_id == "u7" && data.cpu >= 3)", false},
                                           filter_case{R"(data.user_id == "u8" || data.cpu >= 2)", true},
                                           filter_case{"true == true || true == true && true == false", true},
                                           filter_case{"(true == true || true == true) && true == false", false},
                                           filter_case{"!(true == true)", false}, filter_case{"!!(true == true)", true},
                                           filter_case{"!true == false", true},
                                           filter_case{" \t\n( data.cpu==2 )\r\n", true},
                                           filter_case{"data.cpu==2&&data.load<1", true}));

TEST(EventFilterText, GroupsAsTheUsualPrecedenceDoes) {
  std::mt19937 random{20260329};
  struct expression {
    std::string text;
    bool outcome;
    int binding;  // 2 a condition, 1 a conjunction, 0 alternatives
  };
  const std::function<expression(int)> grow = [&](int depth) -> expression {
    const auto choice = depth == 0 ? 0 : random() % 4;
    if (choice == 0) return random() % 2 ? expression{"data.cpu == 2", true, 2} : expression{"data.cpu > 2", false, 2};
    const auto inside = [](const expression& e, int needed) {
      return e.binding < needed ? "(" + e.text + ")" : e.text;
    };
    auto a = grow(depth - 1);
    if (choice == 1) return {"!" + inside(a, 2), !a.outcome, 2};
    auto b = grow(depth - 1);
    if (choice == 2) return {inside(a, 1) + " && " + inside(b, 1), a.outcome && b.outcome, 1};
    return {inside(a, 0) + " || " + inside(b, 0), a.outcome || b.outcome, 0};
  };
  const auto e = sample();
  int admitted = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto grown = grow(5);
    ASSERT_EQ(admits(grown.text, e), grown.outcome) << grown.text;
    admitted += grown.outcome;
  }
  EXPECT_GT(admitted, 200);
  EXPECT_LT(admitted, 1800);
}

TEST(EventFilterText, ReadsMembersOfTypedPayloads) {
  session s;
  s.id = "s1";
  s.user_id = "u7";
  s.state = session_state::running;
  EXPECT_TRUE(admits(R"(data.user_id == "u7" && data.state in ["pending", "running"])", s.created()));
  EXPECT_FALSE(admits(R"(exists data.team_id)", s.created()));
}

TEST(EventFilterText, KnowsWhetherItReadsThePayload) {
  EXPECT_FALSE(event_filter::parse(R"(type == "a" || source == "b" || id == "c")")->reads_data());
  EXPECT_TRUE(event_filter::parse(R"(type == "a" && exists data.id)")->reads_data());
}

TEST(EventFilterText, LeavesThePayloadUnbuiltWhenItIsNotAsked) {
  if (!testing::heap_is_seen()) GTEST_SKIP() << "the heap is not malloc's";
  constexpr std::size_t many = 200;
  std::deque<event> events;
  while (events.size() < many) events.push_back(session{.id = "s1"}.created());
  for (const auto& e : events) EXPECT_NE(e.id(), "");
  const auto growth_by_asking = [&](std::string_view text) {
    const auto filter = event_filter::parse(text);
    const auto before = testing::heap_in_use();
    for (const auto& e : events) EXPECT_TRUE(filter->admits(e));
    return (testing::heap_in_use() - before) / many;
  };
  EXPECT_EQ(growth_by_asking(R"(type starts_with "session." && source == "platform" && id != "")"), 0U);
  EXPECT_EQ(growth_by_asking(R"(source == "platform" || exists data.id)"), 0U) << "not needed any more";
  EXPECT_GT(growth_by_asking("exists data.id"), 500U) << "else the lines above prove nothing";
}

TEST(EventFilterText, FindsNothingEqualThatIsNestedTooDeep) {
  const auto nested = [](int levels) {
    json value = 1;
    for (int i = 0; i < levels; ++i) value = json::array({std::move(value)});
    return event{"a", json{{"one", value}, {"two", value}}};
  };
  EXPECT_TRUE(admits("data.one == data.two", nested(event_filter::deepest_nesting)));
  EXPECT_FALSE(admits("data.one == data.two", nested(event_filter::deepest_nesting + 1)));
  EXPECT_FALSE(admits("data.one == data.two", nested(1000)));
}

struct fault_case {
  const char* filter;
  const char* says;
};

void PrintTo(const fault_case& c, std::ostream* out) {
  *out << c.filter;
}

class EventFilterFault : public ::testing::TestWithParam<fault_case> {};

TEST_P(EventFilterFault, SaysWhereAndWhatWasExpected) {
  const auto parsed = event_filter::parse(GetParam().filter);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code(), ec::invalid_argument);
  EXPECT_EQ(parsed.error().message(), GetParam().says);
  EXPECT_THAT(parsed.error().message(), StartsWith("column " + std::string{parsed.error().fact("column")} + ":"));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, EventFilterFault,
    ::testing::Values(
        fault_case{"", "column 1: expected a condition"}, fault_case{"  ", "column 3: expected a condition"},
        fault_case{"data.cpu == ", "column 13: expected a value after =="},
        fault_case{"data.cpu == && true == true", "column 13: expected a value after =="},
        fault_case{"data.cpu", "column 9: expected one of == != < <= > >= in contains starts_with after data.cpu"},
        fault_case{"data.cpu = 2", "column 10: expected one of == != < <= > >= in contains starts_with after data.cpu"},
        fault_case{"data.cpu == 2 &&", "column 17: expected a condition after &&"},
        fault_case{"data.cpu == 2 & true == true", "column 15: expected && or || or the end after 2"},
        fault_case{"1 < data.cpu < 3", "column 14: expected && or || or the end after data.cpu"},
        fault_case{"(data.cpu == 2", "column 15: expected ) after 2"},
        fault_case{"data.cpu == 2)", "column 14: expected && or || or the end after 2"},
        fault_case{"!", "column 2: expected a condition after !"},
        fault_case{
            "user_id == 1",
            "column 1: expected type, source, id, data or a JSON string, number, true, false or null, not user_id"},
        fault_case{"data.cpu == two",
                   "column 13: expected type, source, id, data or a JSON string, number, true, false or null, not two"},
        fault_case{"data. == 1", "column 7: expected the name of a member after data."},
        fault_case{"data[] == 1", "column 6: expected an index or the name of a member in quotes after data["},
        fault_case{"data[1 == 1", "column 8: expected ] after data[1"},
        fault_case{"data[1234567890] == 1", "column 16: expected an index of at most 9 digits"},
        fault_case{"data[\"a == 1", "column 6: expected a string with a quote at its end"},
        fault_case{"type == \"a", "column 9: expected a string with a quote at its end"},
        fault_case{"type == \"a\\", "column 9: expected a string with a quote at its end"},
        fault_case{"type == \"\\x\"", "column 9: expected a JSON string"},
        fault_case{"type == \"\xff\"", "column 9: expected a JSON string"},
        fault_case{"data.cpu == 01", "column 13: expected a JSON number"},
        fault_case{"data.cpu == 1e999", "column 13: expected a JSON number"},
        fault_case{"data.cpu == -", "column 13: expected a JSON number"},
        fault_case{"data.cpu in 2", "column 13: expected an array such as [\"a\", \"b\"] after in"},
        fault_case{"data.cpu in [", "column 14: expected a JSON string, number, true, false or null after ["},
        fault_case{"data.cpu in [1,]", "column 16: expected a JSON string, number, true, false or null after ,"},
        fault_case{"data.cpu in [1 2]", "column 16: expected , or ] after 1"},
        fault_case{"exists type", "column 8: expected data or a member of it after exists"}));

TEST(EventFilterText, BoundsItsLength) {
  const std::string start = "type == \"a\"";
  EXPECT_TRUE(event_filter::parse(start + std::string(event_filter::longest_text - start.size(), ' ')));
  const auto longer = event_filter::parse(start + std::string(event_filter::longest_text - start.size() + 1, ' '));
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().message(), "column 4097: expected the end, as a filter has at most 4096 bytes");
}

TEST(EventFilterText, BoundsItsNesting) {
  const auto nested = [](std::size_t levels) {
    return event_filter::parse(std::string(levels, '(') + "id != \"\"" + std::string(levels, ')'));
  };
  EXPECT_TRUE(nested(64));
  ASSERT_FALSE(nested(65));
  EXPECT_EQ(nested(65).error().message(), "column 66: expected at most 64 levels of parentheses");
  EXPECT_TRUE(event_filter::parse(std::string(3000, '!') + "id != \"\"")) << "no nesting";
}

TEST(EventFilterText, SurvivesAnyText) {
  std::mt19937 random{20260330};
  const std::string pieces[] = {"data",   ".a", "[0]",  "[\"k\"]", " ",  "==", "<",     "in", "contains",
                                "exists", "(",  ")",    "&&",      "||", "!",  "\"s\"", "1",  ",",
                                "[",      "]",  "null", "type",    "\\", "\"", "-",     "id", "\x80"};
  const auto e = sample();
  int parsed = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto n = 1 + random() % 12; n > 0; --n) text += pieces[random() % std::size(pieces)];
    if (const auto filter = event_filter::parse(text)) {
      ++parsed;
      filter->admits(e);
    } else {
      ASSERT_THAT(filter.error().message(), HasSubstr(": expected ")) << text;
    }
  }
  EXPECT_GT(parsed, 0);
}

}  // namespace
}  // namespace streamspace
