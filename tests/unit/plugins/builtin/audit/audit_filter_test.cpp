#include <regex>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/messages/names.hpp>
#include <streamspace/plugins/builtin/audit/audit_filter.hpp>

namespace streamspace::builtin {
namespace {

audit_filter filter_of(name_values queries) {
  request rq;
  rq.queries = std::move(queries);
  return read_audit_filter(rq);
}

TEST(AuditFilter, TakesEverythingByDefaultAHundredAtATime) {
  const auto filter = filter_of({});
  EXPECT_EQ(filter.limit, 100);
  EXPECT_EQ(filter.after, 0);
  EXPECT_FALSE(filter.type || filter.type_regex || filter.user || filter.session || filter.since);
}

TEST(AuditFilter, ReadsEveryParameter) {
  const auto filter = filter_of({{"type", "session.created"},
                                 {"user", "ann"},
                                 {"session", "s1"},
                                 {"since", "2026-03-29T01:00:00Z"},
                                 {"limit", "1000"},
                                 {"after", "17"}});
  EXPECT_EQ(filter.type, "session.created");
  EXPECT_EQ(filter.type_regex, std::nullopt);
  EXPECT_EQ(filter.user, "ann");
  EXPECT_EQ(filter.session, "s1");
  EXPECT_EQ(filter.since, parse_rfc3339("2026-03-29T01:00:00Z"));
  EXPECT_EQ(filter.limit, 1'000);
  EXPECT_EQ(filter.after, 17);
}

TEST(AuditFilter, RefusesWhatIsWrong) {
  for (const auto& [name, value] : name_values{{"type", "a..b"},
                                               {"type", "a.%"},
                                               {"limit", "0"},
                                               {"limit", "1001"},
                                               {"after", "-1"},
                                               {"since", "now"},
                                               {"entity", "x"}}) {
    const auto failure = testing::failure_of([&, n = name, v = value] { filter_of({{n, v}}); });
    ASSERT_TRUE(failure) << name << "=" << value;
    EXPECT_EQ(failure->code(), ec::invalid_argument);
  }
}

TEST(RegexOfPattern, MatchesWhatThePatternMatches) {
  const std::vector<std::string> types{"session",           "session.created",   "session.created_v2",
                                       "session.disk.full", "session.disk-full", "user.created",
                                       "xsession.created",  "sessionXcreated"};
  for (const auto* pattern :
       {"session.*", "session.>", "*", ">", "*.created", "session.*.full", "*.*", "session.disk-full"}) {
    const std::regex regex{regex_of_pattern(pattern)};
    for (const auto& type : types)
      EXPECT_EQ(std::regex_match(type, regex), matches(pattern, type)) << pattern << " " << type;
  }
}

}  // namespace
}  // namespace streamspace::builtin
