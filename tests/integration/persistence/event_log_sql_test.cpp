// The event log and its cursors on a real PostgreSQL.
#include <algorithm>
#include <functional>
#include <future>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>

#include <streamspace/messages/names.hpp>
#include <streamspace/persistence/dead_letter_sql.hpp>
#include <streamspace/persistence/event_cursor_sql.hpp>
#include <streamspace/persistence/event_log_sql.hpp>
#include <streamspace/persistence/pg_connection.hpp>

namespace streamspace {

void PrintTo(const log_position& at, std::ostream* out) {
  *out << to_string(at);
}

namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::eventually;
using testing::failure_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::patience;
using ::testing::SizeIs;

event made(const std::string& type, json data = json::object(), const std::string& source = "platform") {
  event e{type, std::move(data)};
  e.set_source(source);
  return e;
}

class event_log_test : public testing::postgres_test {
 protected:
  sql_result run(const sql_statement& statement) { return connection_.execute(statement, patience); }
  sql_result run(const std::string& text, sql_params params = {}) { return run({text, std::move(params)}); }
  std::string ask(const std::string& text, sql_params params = {}) {
    return run(text, std::move(params))[0].get<std::string>(0);
  }

  static void append(pg_connection& on, const std::vector<event>& events) {
    std::vector<event_log_row> rows;
    for (const auto& e : events) rows.emplace_back(e);
    on.execute(append_events(rows), patience);
  }
  void append(const std::vector<event>& events) { append(connection_, events); }
  void append(const std::string& type) { append({made(type)}); }
  /// As if it had been written then.
  void append_at(const std::string& when, const std::string& type) {
    run("INSERT INTO event_log (at, id, type, source, time, data) VALUES ($1::timestamptz, $2, $3, 'platform', now(), "
        "'{}')",
        {when, event{"a"}.id(), type});
  }

  void put_cursor(const std::string& name, const log_position& at) {
    run("INSERT INTO event_cursors (plugin_name, name, pattern, xid, seq) VALUES ('p', $1, '>', $2::text::xid8, $3)",
        {name, std::to_string(at.transaction), at.number});
  }

  event_log_page read_once(const event_log_filter& filter) {
    return read_event_log_page(run(read_event_log(filter)), filter, [this](const log_position& at, const error& why) {
      unreadable_.emplace_back(at, why.message());
    });
  }
  /// When nothing is held back any more, be it by the server's own transactions.
  event_log_page read(const event_log_filter& filter = {}) {
    event_log_page page;
    EXPECT_TRUE(eventually([&] {
      unreadable_.clear();
      page = read_once(filter);
      return !page.held_back;
    }));
    return page;
  }
  static std::vector<std::string> types(const event_log_page& page) {
    std::vector<std::string> found;
    for (const auto& e : page.events) found.push_back(e.what->type());
    return found;
  }
  std::vector<std::string> types(const event_log_filter& filter = {}) { return types(read(filter)); }

  std::vector<std::pair<log_position, std::string>> unreadable_;
  pg_connection connection_{connect()};
};

// -- reading and writing --------------------------------------------------------------------------------------------

class EventLogTable : public event_log_test {};

TEST_F(EventLogTable, GivesEventsBackAsTheyWereWrittenAndInThatOrder) {
  const std::vector<event> written{
      made("session.created", {{"id", "s1"}, {"text", "\"quoted\" \\ Ä \n %"}}), made("user.login"),
      made("plugin.p.made", {{"list", {1, 2.5, nullptr, true}}, {"big", 18446744073709551615U}}, "p"),
      made("a.b", json::array({1}))};
  append(written);
  const auto page = read();
  ASSERT_THAT(page.events, SizeIs(written.size()));
  for (std::size_t i = 0; i < written.size(); ++i) {
    EXPECT_EQ(page.events[i].what->envelope(), written[i].envelope());
    EXPECT_EQ(page.events[i].at.transaction, page.events[0].at.transaction);
    EXPECT_EQ(page.events[i].logged, page.events[0].logged);
  }
  EXPECT_TRUE(page.at_end);
  EXPECT_THAT(unreadable_, IsEmpty());
}

TEST_F(EventLogTable, TakesAnEventWhoseDataIsNull) {
  const auto written = made("a.b", json(nullptr));
  EXPECT_FALSE(failure_of([&] { append({written}); })) << "event_log_row took it";
  const auto page = read();
  ASSERT_THAT(page.events, SizeIs(1));
  EXPECT_EQ(page.events[0].what->envelope(), written.envelope());
}

TEST_F(EventLogTable, WritesNothingOfABatchInWhichARowIsRefused) {
  event_log_row bad{made("a.b")};
  bad.source.clear();
  EXPECT_TRUE(failure_of([&] { run(append_events({event_log_row{made("a.a")}, bad})); }));
  EXPECT_THAT(types(), IsEmpty());
  run(append_events({}));
  EXPECT_THAT(types(), IsEmpty());
}

TEST_F(EventLogTable, IsReadByPattern) {
  const std::vector<std::string> all{"session",
                                     "session.created",
                                     "session.created_v2",
                                     "session.disk.full",
                                     "user.created",
                                     "plugin.my-plugin.a_b-c",
                                     "plugin.my-plugin.axb-c",
                                     "plugin.my_plugin.a_b-c",
                                     "Session.created",
                                     "1.2.3"};
  for (const auto& type : all) append(type);
  for (const auto* pattern : {"",
                              ">",
                              "*",
                              "*.*",
                              "*.>",
                              "session",
                              "session.created",
                              "session.*",
                              "session.>",
                              "*.created",
                              "session.*.full",
                              "plugin.my-plugin.*",
                              "plugin.my-plugin.a_b-c",
                              "plugin.*.a_b-c",
                              "plugin.my_plugin.>",
                              "plugin.my-plugin.>",
                              "*.2.*",
                              "nothing",
                              "nothing.>",
                              "plugin.my-plugin"}) {
    std::vector<std::string> expected;
    for (const auto& type : all)
      if (std::string_view{pattern}.empty() || matches(pattern, type)) expected.push_back(type);
    EXPECT_EQ(types({.pattern = pattern}), expected) << pattern;
  }
}

TEST_F(EventLogTable, IsReadBySourceSessionAndUser) {
  append({made("session.created", {{"id", "s1"}, {"user_id", "u1"}}), made("session.moved", {{"session_id", "s1"}}),
          made("user.login", {{"id", "u1"}}), made("user.logout", {{"user_id", "u1"}}),
          made("plugin.p.made", {{"id", "s1"}, {"session_id", "s2"}, {"user_id", "u2"}}, "p"),
          made("plugin.q.made", {{"session_id", 7}}, "q"), made("plugin.q.odd", json::array({"session_id"}), "q")});
  EXPECT_THAT(types({.source = "p"}), ElementsAre("plugin.p.made"));
  EXPECT_THAT(types({.source = "platform"}), SizeIs(4));
  EXPECT_THAT(types({.source = "nobody"}), IsEmpty());
  EXPECT_THAT(types({.session = "s1"}), ElementsAre("session.created", "session.moved"));
  EXPECT_THAT(types({.session = "s2"}), ElementsAre("plugin.p.made"));
  EXPECT_THAT(types({.session = "7"}), ElementsAre("plugin.q.made"));
  EXPECT_THAT(types({.user = "u1"}), ElementsAre("session.created", "user.login", "user.logout"));
  EXPECT_THAT(types({.user = "' OR true --"}), IsEmpty());
}

TEST_F(EventLogTable, IsReadByTimeAndNumber) {
  append_at("2026-03-28T23:59:59.999999Z", "a.1");
  append_at("2026-03-29T00:00:00Z", "a.2");
  append_at("2026-03-29T23:59:59.999999Z", "a.3");
  append_at("2026-03-30T00:00:00Z", "a.4");
  const auto day = *parse_rfc3339("2026-03-29T00:00:00Z");
  EXPECT_THAT(types({.since = day}), ElementsAre("a.2", "a.3", "a.4"));
  EXPECT_THAT(types({.until = day}), ElementsAre("a.1"));
  EXPECT_THAT(types({.since = day, .until = day + 24h}), ElementsAre("a.2", "a.3"));
  EXPECT_THAT(types({.since = day, .until = day}), IsEmpty());
  const auto third = read().events[2].at.number;
  EXPECT_THAT(types({.from_number = third}), ElementsAre("a.3", "a.4"));
  EXPECT_THAT(types({.from_number = UINT64_MAX}), IsEmpty());
}

TEST_F(EventLogTable, IsReadByAllOfThatTogether) {
  const auto about = [](const char* session, const char* user) {
    return json{{"session_id", session}, {"user_id", user}};
  };
  append({made("plugin.p.a", about("s1", "u1"), "p"), made("plugin.p.b", about("s1", "u1"), "p"),
          made("plugin.p.b", about("s2", "u1"), "p"), made("plugin.p.b", about("s1", "u2"), "p"),
          made("plugin.q.b", about("s1", "u1"), "q"), made("plugin.p.b", about("s1", "u1"), "p")});
  const auto all = read().events;
  ASSERT_THAT(all, SizeIs(6));
  event_log_filter filter{.pattern = "plugin.*.b", .source = "p", .session = "s1", .user = "u1"};
  EXPECT_THAT(read(filter).events, SizeIs(2));
  filter.since = all[0].logged;
  filter.until = all[0].logged + 1s;
  filter.from_number = all[2].at.number;
  filter.after = all[0].at;
  for (const bool newest_first : {false, true}) {
    filter.newest_first = newest_first;
    filter.before = log_position{UINT64_MAX / 2, 0};
    const auto page = read(filter);
    ASSERT_THAT(page.events, SizeIs(1));
    EXPECT_EQ(page.events[0].at, all[5].at);
    filter.before = all[5].at;
    EXPECT_THAT(read(filter).events, IsEmpty());
  }
}

TEST_F(EventLogTable, IsPagedWithoutGapOrRepeatBothWays) {
  std::vector<std::string> all;
  for (int i = 0; i < 6; ++i) {
    const auto name = "a." + std::to_string(i);
    if (i % 2 == 0) append({made(name + "x"), made(name + "y")});
    if (i % 2 == 0) all.insert(all.end(), {name + "x", name + "y"});
    append(name);
    all.push_back(name);
  }
  for (const std::size_t limit : {1, 2, 3, 4, 12, 13}) {
    event_log_filter filter{.limit = limit};
    std::vector<std::string> found;
    for (bool at_end = false; !at_end && found.size() <= all.size();) {
      const auto page = read(filter);
      EXPECT_LE(page.events.size(), limit);
      for (const auto& type : types(page)) found.push_back(type);
      filter.after = page.looked_up_to;
      at_end = page.at_end;
    }
    EXPECT_EQ(found, all) << limit;
    filter = {.limit = limit, .newest_first = true};
    found.clear();
    for (bool at_end = false; !at_end && found.size() <= all.size();) {
      const auto page = read(filter);
      for (const auto& type : types(page)) found.insert(found.begin(), type);
      if (!page.events.empty()) filter.before = page.events.back().at;
      at_end = page.at_end;
    }
    EXPECT_EQ(found, all) << limit;
  }
}

TEST_F(EventLogTable, RefusesAFilterThatIsWrong) {
  EXPECT_EQ(testing::code_of([] { read_event_log({.pattern = "no pattern"}); }), ec::invalid_argument);
  EXPECT_EQ(testing::code_of([] { read_event_log({.limit = 0}); }), ec::invalid_argument);
}

// -- transactions ---------------------------------------------------------------------------------------------------

class EventLogOrder : public event_log_test {};

TEST_F(EventLogOrder, WhatATransactionWritesThatCommitsLateComesInItsPlaceAndNothingIsPassed) {
  append("a.0");
  auto late = connect();
  late.begin(patience);
  append(late, {made("a.1")});
  append("a.2");
  const auto before = read_once({});
  EXPECT_TRUE(before.held_back);
  EXPECT_THAT(types(before), ElementsAre("a.0"));
  EXPECT_THAT(types(read_once({.newest_first = true})), ElementsAre("a.2", "a.0")) << "whoever looks back sees it";
  late.commit(patience);
  const auto after = read({.after = before.looked_up_to});
  EXPECT_THAT(types(after), ElementsAre("a.1", "a.2"));
  EXPECT_FALSE(after.held_back);
}

TEST_F(EventLogOrder, ATransactionThatIsRolledBackHoldsNothingBackAndLeavesNothing) {
  auto late = connect();
  late.begin(patience);
  append(late, {made("a.1")});
  append("a.2");
  EXPECT_THAT(types(read_once({})), IsEmpty());
  late.rollback(patience);
  EXPECT_THAT(types(), ElementsAre("a.2"));
}

TEST_F(EventLogOrder, AReaderWhoGoesOnMissesNothingHoweverTransactionsOverlap) {
  std::mt19937 random{17};
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n - 1}(random); };
  struct writer {
    pg_connection on;
    std::vector<std::string> written;
  };
  std::vector<writer> writers;
  for (int i = 0; i < 4; ++i) writers.push_back({connect(), {}});
  std::vector<std::string> committed;
  std::vector<logged_event> found;
  event_log_filter filter{.limit = 3};
  const auto go_on = [&](const event_log_page& page) {
    found.insert(found.end(), page.events.begin(), page.events.end());
    EXPECT_LE(filter.after.value_or(log_position{}), page.looked_up_to);
    filter.after = page.looked_up_to;
  };
  const auto end = [&](writer& w, bool commits) {
    commits ? w.on.commit(patience) : w.on.rollback(patience);
    if (commits) committed.insert(committed.end(), w.written.begin(), w.written.end());
    w.written.clear();
  };
  for (int n = 0; n < 300; ++n) {
    auto& w = writers[below(writers.size())];
    const auto what = below(10);
    if (what < 5) {
      if (!w.on.in_transaction()) w.on.begin(patience);
      w.written.push_back("a." + std::to_string(n));
      append(w.on, {made(w.written.back())});
    } else if (what < 8) {
      if (w.on.in_transaction()) end(w, below(4) > 0);
    } else {
      go_on(read_once(filter));
    }
  }
  for (auto& w : writers)
    if (w.on.in_transaction()) end(w, true);
  for (bool at_end = false; !at_end;) {
    const auto page = read(filter);
    go_on(page);
    at_end = page.at_end;
  }
  std::vector<std::string> heard;
  for (const auto& e : found) heard.push_back(e.what->type());
  EXPECT_THAT(heard, ::testing::UnorderedElementsAreArray(committed));
  EXPECT_TRUE(std::is_sorted(found.begin(), found.end(), [](auto& a, auto& b) { return a.at < b.at; }));
}

TEST_F(EventLogOrder, LooksPastWhatTheFilterDoesNotMeanButNotPastAnOpenTransaction) {
  append("a.1");
  const auto nothing = read({.pattern = "b.*"});
  EXPECT_THAT(nothing.events, IsEmpty());
  EXPECT_TRUE(nothing.at_end);
  EXPECT_GT(nothing.looked_up_to, read().events[0].at);
  auto open = connect();
  open.begin(patience);
  append(open, {made("b.1")});
  append("a.2");
  const auto before = read_once({.pattern = "b.*"});
  append("a.3");
  EXPECT_EQ(read_once({.pattern = "b.*"}).looked_up_to, before.looked_up_to);
  open.commit(patience);
  EXPECT_THAT(types({.pattern = "b.*", .after = before.looked_up_to}), ElementsAre("b.1"));
}

TEST_F(EventLogOrder, AFullPageIsLookedAtUpToItsLastEvent) {
  append({made("a.1"), made("a.2"), made("a.3")});
  const auto page = read({.limit = 2});
  EXPECT_FALSE(page.at_end);
  EXPECT_EQ(page.looked_up_to, page.events[1].at);
}

TEST_F(EventLogOrder, NeverLooksLessFarThanItBegan) {
  append("a.1");
  const log_position far{std::uint64_t{1} << 40U, 3};
  EXPECT_EQ(read({.after = far}).looked_up_to, far);
}

// -- what it refuses ------------------------------------------------------------------------------------------------

class EventLogRow : public event_log_test {
 protected:
  static std::optional<error> refusal(const json& data) {
    return failure_of([&] { event_log_row{event{"a.b", data}}; });
  }
  static json nested(unsigned levels) {
    json value = 1;
    for (unsigned i = 0; i < levels; ++i) value = json::array({std::move(value)});
    return value;
  }
};

TEST_F(EventLogRow, SaysWhatTheDatabaseCannotHold) {
  const std::vector<std::pair<json, const char*>> refused{
      {std::string("a\0b", 3), "NUL"},
      {json{{std::string("a\0b", 3), 1}}, "NUL"},
      {"\xff", "UTF-8"},
      {std::numeric_limits<double>::infinity(), "not finite"},
      {nested(600), "levels"},
      {std::string(largest_logged_data, 'x'), "store the data elsewhere"},
  };
  for (const auto& [data, why] : refused) {
    const auto e = refusal(data);
    ASSERT_TRUE(e) << why;
    EXPECT_EQ(e->code(), ec::invalid_argument) << why;
    EXPECT_THAT(e->message(), HasSubstr(why));
    EXPECT_LT(e->message().size(), 400U);
  }
}

TEST_F(EventLogRow, MayBeAsLargeAndAsDeepAsItSays) {
  unsigned levels = 500;
  while (!refusal(nested(levels + 1))) ++levels;
  const std::vector<event> written{made("a.b", std::string(largest_logged_data - 300, 'x')),
                                   made("a.b", nested(levels)), made("a.b", "\x7f\x01 \xF4\x8F\xBF\xBF")};
  append(written);
  const auto page = read();
  EXPECT_THAT(unreadable_, IsEmpty());
  ASSERT_THAT(page.events, SizeIs(3));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(page.events[i].what->envelope(), written[i].envelope()) << i;
}

TEST_F(EventLogRow, IsRefusedBeforeTheDatabaseDoesSo) {
  // Numbers take more room in the database than in JSON.
  json numbers = json::array();
  for (int i = 0; i < 200'000; ++i) numbers.push_back(1);
  if (refusal(numbers)) return;
  EXPECT_FALSE(failure_of([&] { append({made("a.b", numbers)}); })) << "event_log_row took it";
}

TEST_F(EventLogRow, OfAPluginsStatementIsNoLargerAsJsonThanTheLogTakes) {
  // Such a number is short in the database, and a hundred thousand digits in JSON.
  EXPECT_TRUE(failure_of([&] {
    run("SELECT streamspace_views.emit_event('p', $1::uuid, 'plugin.p.made', now(), (SELECT jsonb_agg(1e100000) FROM "
        "generate_series(1, 20)))",
        {event{"a"}.id()});
  })) << "of many of them nobody could read even one page";
}

TEST_F(EventLogRow, ThatCannotBeReadIsPassedOverAndTold) {
  const auto insert = [this](const std::string& time, const std::string& data) {
    run("INSERT INTO event_log (id, type, source, time, data) VALUES ($1, 'a.odd', 'p', $2::timestamptz, $3::jsonb)",
        {event{"a"}.id(), time, data});
  };
  append("a.1");
  insert("infinity", "{}");
  insert("now", std::string(600, '[') + std::string(600, ']'));
  append("a.2");
  for (const bool newest_first : {false, true}) {
    const auto page = read({.newest_first = newest_first});
    EXPECT_THAT(page.events, SizeIs(2));
    EXPECT_TRUE(page.at_end);
    ASSERT_THAT(unreadable_, SizeIs(2));
    EXPECT_THAT(unreadable_[newest_first ? 0 : 1].second, HasSubstr("deeper"));
  }
  EXPECT_EQ(read({.limit = 3}).looked_up_to, unreadable_.back().first) << "or nobody would ever come past it";
}

TEST_F(EventLogRow, WithANumberThatNoDoubleHoldsIsPassedOverAndTold) {
  append("a.1");
  run("INSERT INTO event_log (id, type, source, time, data) VALUES ($1, 'a.odd', 'p', now(), '{\"n\": 1e400}')",
      {event{"a"}.id()});
  append("a.2");
  std::vector<std::string> found;
  EXPECT_NO_THROW(found = types());
  EXPECT_THAT(found, ElementsAre("a.1", "a.2"));
  EXPECT_THAT(unreadable_, SizeIs(1));
}

// -- days -----------------------------------------------------------------------------------------------------------

class EventLogDays : public event_log_test {
 protected:
  /// "YYYY-MM-DD", so many days from today on, as the database's clock has it; in one transaction it stands still.
  std::string day(int from_now) { return ask("SELECT ((now() AT TIME ZONE 'UTC')::date + $1::int)::text", {from_now}); }
  static std::string part(std::string day) {
    std::erase(day, '-');
    return "event_log_" + day;
  }
  std::vector<std::string> parts() {
    std::vector<std::string> names;
    for (const auto row :
         run("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'event_log'::regclass "
             "AND inhrelid <> 'event_log_default'::regclass ORDER BY 1"))
      names.push_back(row.get<std::string>(0));
    return names;
  }
  std::vector<dropped_day> dropped_by(int ahead, int kept) {
    return read_dropped_days(run(keep_event_log(ahead, kept)));
  }
  std::vector<std::string> keep(int ahead, int kept) {
    std::vector<std::string> days;
    for (auto& of : dropped_by(ahead, kept)) days.push_back(std::move(of.day));
    return days;
  }
  void make_day(int from_now) {
    run("CREATE TABLE " + part(day(from_now)) + " PARTITION OF event_log FOR VALUES FROM ('" + day(from_now) +
        " 00:00Z') TO ('" + day(from_now + 1) + " 00:00Z')");
  }
  int count(const std::string& table) { return std::stoi(ask("SELECT count(*)::text FROM ONLY " + table)); }
  /// Where the rows of a type lie.
  std::string home(const std::string& type) {
    return ask("SELECT tableoid::regclass::text FROM event_log WHERE type = $1", {type});
  }
};

TEST_F(EventLogDays, HaveTheirTablesBeforeTheyCome) {
  connection_.begin(patience);
  EXPECT_THAT(keep(3, 7), IsEmpty());
  EXPECT_THAT(parts(), ElementsAre(part(day(0)), part(day(1)), part(day(2)), part(day(3))));
  EXPECT_THAT(keep(3, 7), IsEmpty());
  EXPECT_THAT(parts(), SizeIs(4)) << "they are there already";
  keep(4, 7);
  EXPECT_THAT(parts(), SizeIs(5));
  append("a.1");
  EXPECT_EQ(home("a.1"), part(day(0)));
}

TEST_F(EventLogDays, NameTheSubscriptionsThatHadNotComePastThem) {
  make_day(-3);
  make_day(-2);
  append_at(day(-3) + " 10:00:00Z", "a.1");
  const auto first = read().events[0].at;
  append_at(day(-2) + " 10:00:00Z", "a.2");
  put_cursor("at the beginning", {});
  put_cursor("after a day", first);
  put_cursor("after all", read().looked_up_to);
  EXPECT_THAT(dropped_by(0, 1), ElementsAre(dropped_day{day(-3), {"p/at the beginning"}},
                                            dropped_day{day(-2), {"p/after a day", "p/at the beginning"}}));
}

TEST_F(EventLogDays, TakeWhatWasWrittenBeforeTheyHadATable) {
  connection_.begin(patience);
  append_at(day(-1) + " 23:59:59.999999Z", "a.1");
  append_at(day(0) + " 00:00:00Z", "a.2");
  append_at(day(0) + " 23:59:59.999999Z", "a.3");
  append_at(day(1) + " 00:00:00Z", "a.4");
  append_at(day(2) + " 00:00:00Z", "a.5");
  const std::string all =
      "SELECT string_agg(concat_ws(' ', xid, seq, at, id, type, source, time, data, session_id), "
      "',' ORDER BY seq) FROM event_log";
  const auto before = ask(all);
  EXPECT_EQ(count("event_log_default"), 5);
  keep(1, 7);
  EXPECT_EQ(ask(all), before) << "nothing of them has changed";
  EXPECT_EQ(home("a.1"), "event_log_default");
  EXPECT_EQ(home("a.2"), part(day(0)));
  EXPECT_EQ(home("a.3"), part(day(0)));
  EXPECT_EQ(home("a.4"), part(day(1)));
  EXPECT_EQ(home("a.5"), "event_log_default");
  connection_.commit(patience);
  EXPECT_THAT(types(), ElementsAre("a.1", "a.2", "a.3", "a.4", "a.5"));
  EXPECT_THAT(types({.limit = 2, .newest_first = true}), ElementsAre("a.5", "a.4"));
}

TEST_F(EventLogDays, AreReadInTheOrderOfTheirTransactionsOverMidnight) {
  connection_.begin(patience);
  keep(1, 7);
  const auto tomorrow = day(1);
  const auto today = day(0);
  connection_.commit(patience);
  append_at(tomorrow + " 00:00:00Z", "a.1");
  append_at(today + " 23:59:59.999999Z", "a.2");
  append_at(tomorrow + " 00:00:00.000001Z", "a.3");
  EXPECT_THAT(types(), ElementsAre("a.1", "a.2", "a.3"));
  EXPECT_THAT(types({.newest_first = true}), ElementsAre("a.3", "a.2", "a.1"));
  const auto midnight = *parse_rfc3339(tomorrow + "T00:00:00Z");
  EXPECT_THAT(types({.since = midnight}), ElementsAre("a.1", "a.3"));
  EXPECT_THAT(types({.until = midnight}), ElementsAre("a.2"));
}

TEST_F(EventLogDays, AreThoseOfUtcWhereverTheSessionIs) {
  connection_.begin(patience);
  run("SET LOCAL TimeZone = 'Pacific/Kiritimati'");
  keep(0, 7);
  run("SET LOCAL TimeZone = 'UTC'");
  EXPECT_THAT(parts(), ElementsAre(part(day(0))));
  append_at(day(0) + " 00:00:00Z", "a.1");
  append_at(day(0) + " 23:59:59.999999Z", "a.2");
  EXPECT_EQ(home("a.1"), part(day(0)));
  EXPECT_EQ(home("a.2"), part(day(0)));
}

TEST_F(EventLogDays, GoWhenTheyAreTooOldAndNotBefore) {
  connection_.begin(patience);
  for (const int n : {-9, -8, -7}) make_day(n);
  append_at(day(-9) + " 12:00:00Z", "a.9");
  append_at(day(-8) + " 23:59:59.999999Z", "a.8");
  append_at(day(-7) + " 00:00:00Z", "a.7");
  append_at(day(-20) + " 12:00:00Z", "a.20");  // Of a day that had no table.
  append_at(day(-1) + " 12:00:00Z", "a.1");
  run("CREATE TABLE event_log_20010101 (n int)");  // Somebody's own.
  run("CREATE TABLE event_log_old PARTITION OF event_log FOR VALUES FROM ('2001-01-01Z') TO ('2001-01-02Z')");
  EXPECT_THAT(keep(1, 7), ElementsAre(day(-9), day(-8)));
  EXPECT_THAT(keep(1, 7), IsEmpty());
  EXPECT_EQ(count("event_log_20010101"), 0);
  EXPECT_EQ(count("event_log_old"), 0);
  connection_.commit(patience);
  EXPECT_THAT(types(), ElementsAre("a.7", "a.1"));
}

TEST_F(EventLogDays, AreKeptByOneHostAtATime) {
  auto first = connect();
  first.begin(patience);
  first.execute(keep_event_log(3, 7), patience);
  auto second = connect();
  EXPECT_TRUE(second.execute(keep_event_log(3, 7), patience).empty()) << "it does not wait for the other";
  first.commit(patience);
  EXPECT_GE(parts().size(), 4U);
}

TEST_F(EventLogDays, TakeAlsoWhatIsBeingWrittenMeanwhile) {
  auto writer = connect();
  writer.begin(patience);
  append(writer, {made("a.1")});  // Today has no table.
  auto keeper = std::async(std::launch::async, [this] {
    auto mine = connect();
    return failure_of([&] { mine.execute(keep_event_log(3, 7), patience); });
  });
  EXPECT_TRUE(eventually([&] {
    return ask("SELECT count(*)::text FROM pg_locks WHERE locktype = 'relation' AND NOT granted") != "0";
  })) << "it waits for the writer";
  writer.commit(patience);
  const auto fault = keeper.get();
  EXPECT_FALSE(fault) << fault->message();
  run("SELECT keep_event_log(3, 7)");  // On a slow machine the first one has not waited for so long.
  EXPECT_EQ(home("a.1").substr(0, 12), "event_log_20");
}

// -- how far it has come --------------------------------------------------------------------------------------------

class EventLogHead : public event_log_test {
 protected:
  event_log_head head() { return read_event_log_head(run(find_event_log_head())); }
};

TEST_F(EventLogHead, ChangesWithTheFirstEventAndEveryFurtherOne) {
  const auto before = head().last_number;
  append("a.1");
  const auto first = head().last_number;
  EXPECT_NE(first, before) << "or the first event of all is no news";
  append({made("a.2"), made("a.3")});
  EXPECT_EQ(head().last_number, first + 2);
  EXPECT_EQ(head().last_number, read().events.back().at.number);
}

TEST_F(EventLogHead, ChangesWhenATransactionEndsThatMayHaveWritten) {
  auto writer = connect();
  writer.begin(patience);
  append(writer, {made("a.1")});
  const auto during = head();
  EXPECT_EQ(head(), during);
  writer.commit(patience);
  EXPECT_TRUE(eventually([&] { return head() != during; }));
  EXPECT_LT(read().events[0].at.transaction, head().open);
}

// -- a log that comes from another server ---------------------------------------------------------------------------

class EventLogFromElsewhere : public event_log_test {
 protected:
  bool rebase() { return run(rebase_event_log())[0].get<bool>(0); }
  /// As a dump of a server that has had many more transactions leaves it.
  void move_ahead() {
    for (const auto* table : {"event_log", "event_cursors", "event_retries"})
      run("UPDATE " + std::string{table} + " SET xid = (xid::text::bigint + 1000000000)::text::xid8");
  }
  log_position cursor(const std::string& name) {
    for (const auto& c : read_cursors(run(list_cursors())))
      if (c.name == name) return c.settled;
    throw error{ec::not_found, name};
  }
};

TEST_F(EventLogFromElsewhere, IsReadOnWhereEachCursorWas) {
  // b is numbered before a, and its transaction comes after.
  auto early = connect();
  early.begin(patience);
  early.execute({"SELECT pg_current_xact_id()", {}}, patience);
  append("b.1");
  append(early, {made("a.1")});
  early.commit(patience);
  append("c.1");
  const auto before = read();
  ASSERT_THAT(types(before), ElementsAre("a.1", "b.1", "c.1"));
  ASSERT_GT(before.events[0].at.number, before.events[1].at.number);
  put_cursor("at the beginning", {});
  put_cursor("after a", before.events[0].at);
  put_cursor("after all", before.looked_up_to);
  run("INSERT INTO event_retries (plugin_name, name, xid, seq, event, attempts, next_at) "
      "SELECT 'p', 'after all', xid, seq, '{}', 1, now() FROM event_log WHERE type = 'b.1'");
  run("INSERT INTO event_retries (plugin_name, name, xid, seq, event, attempts, next_at) "
      "VALUES ('p', 'after all', '5', 0, '{}', 1, now())");
  move_ahead();
  EXPECT_TRUE(read_once({}).events.empty()) << "or there is nothing to mend";

  EXPECT_TRUE(rebase());
  EXPECT_FALSE(rebase());
  EXPECT_THAT(types(), ElementsAre("a.1", "b.1", "c.1"));
  append("d.1");
  EXPECT_THAT(types(), ElementsAre("a.1", "b.1", "c.1", "d.1"));
  const auto read_after = [&](const std::string& name) { return types({.after = cursor(name)}); };
  EXPECT_THAT(read_after("at the beginning"), ElementsAre("a.1", "b.1", "c.1", "d.1"));
  EXPECT_THAT(read_after("after a"), ElementsAre("b.1", "c.1", "d.1"));
  EXPECT_THAT(read_after("after all"), ElementsAre("d.1"));
  EXPECT_EQ(ask("SELECT count(*)::text FROM event_retries r JOIN event_log l USING (xid, seq) WHERE l.type = 'b.1'"),
            "1");
  EXPECT_EQ(ask("SELECT count(*)::text FROM event_retries"), "2");
}

TEST_F(EventLogFromElsewhere, IsKnownByItsCursorsToo) {
  put_cursor("of an empty log", {2'000'000'000, 17});
  EXPECT_TRUE(rebase());
  append("a.1");
  EXPECT_THAT(types({.after = cursor("of an empty log")}), ElementsAre("a.1"));
}

TEST_F(EventLogFromElsewhere, IsNotOurOwn) {
  append("a.1");
  put_cursor("here", read().looked_up_to);
  auto writer = connect();
  writer.begin(patience);
  append(writer, {made("b.1")});
  run(open_cursor({"p", "new"}, ">", false));
  EXPECT_FALSE(rebase());
  writer.commit(patience);
  EXPECT_FALSE(rebase());
}

// -- cursors --------------------------------------------------------------------------------------------------------

class EventCursor : public event_log_test {
 protected:
  static event_ptr an_event(const std::string& type) { return std::make_shared<const event>(type); }
  void open(bool from_beginning = true) { run(open_cursor(name_, "a.*", from_beginning)); }
  std::optional<log_position> claim(const std::string& holder) {
    return read_claimed_cursor(run(claim_cursor(name_, holder, 1h)));
  }
  bool save(const std::string& holder, const cursor_progress& progress) {
    return is_cursor_saved(run(save_cursor(name_, holder, 1h, progress)));
  }
  void end_lease() { run("UPDATE event_cursors SET lease_until = clock_timestamp() - interval '1 ms'"); }
  due_retries retries(std::size_t limit = 100) {
    return read_due_retries(run(find_due_retries(name_, limit)), [this](const log_position& at, const error& why) {
      unreadable_.emplace_back(at, why.message());
    });
  }
  static std::vector<log_position> places(const due_retries& found) {
    std::vector<log_position> all;
    for (const auto& r : found.due) all.push_back(r.at);
    return all;
  }
  std::vector<durable_subscription> list() { return read_cursors(run(list_cursors())); }
  std::string letters() { return ask("SELECT count(*)::text FROM dead_letters"); }
  std::string letter(std::uint64_t id) {
    dead_letter of;
    of.id = id;
    of.at = now();
    of.plugin = "p";
    of.subscription = "a.*";
    of.what = an_event("a.b");
    return dead_letter_row(of);
  }

  cursor_name name_{"p", "all"};
};

TEST_F(EventCursor, BeginsBeforeAllThatIsToComeOrBeforeAllThatThereIs) {
  append("a.1");
  read();
  auto late = connect();
  late.begin(patience);
  append(late, {made("a.2")});
  open(false);
  run(open_cursor({"p", "old"}, "a.*", true));
  late.commit(patience);
  append("a.3");
  EXPECT_THAT(types({.after = *claim("h")}), ElementsAre("a.2", "a.3")) << "it was not there when it began";
  const auto old = read_claimed_cursor(run(claim_cursor({"p", "old"}, "h", 1h)));
  EXPECT_EQ(old, log_position{});
  EXPECT_THAT(types({.after = *old}), ElementsAre("a.1", "a.2", "a.3"));
}

TEST_F(EventCursor, StaysWhereItIsWhenItIsOpenedAgainAndTakesTheNewPattern) {
  open();
  claim("h");
  ASSERT_TRUE(save("h", {.settled = {7, 3}}));
  run(open_cursor(name_, "b.*", false));
  ASSERT_THAT(list(), SizeIs(1));
  EXPECT_EQ(list()[0].pattern, "b.*");
  EXPECT_EQ(list()[0].settled, (log_position{7, 3}));
  EXPECT_EQ(list()[0].holder, "h");
}

TEST_F(EventCursor, IsOneHoldersUntilTheLeaseEnds) {
  EXPECT_EQ(claim("a"), std::nullopt) << "there is none";
  open();
  EXPECT_EQ(claim("a"), log_position{});
  EXPECT_EQ(claim("b"), std::nullopt);
  EXPECT_EQ(claim("a"), log_position{}) << "it may take its own again";
  end_lease();
  EXPECT_EQ(claim("b"), log_position{});
  EXPECT_EQ(claim("a"), std::nullopt);
}

TEST_F(EventCursor, IsTakenByOneOfManyAtOnce) {
  open();
  std::vector<std::future<bool>> claims;
  for (int i = 0; i < 6; ++i)
    claims.push_back(std::async(std::launch::async, [this, i] {
      auto mine = connect();
      return !mine.execute(claim_cursor(name_, "h" + std::to_string(i), 1h), patience).empty();
    }));
  EXPECT_EQ(std::count_if(claims.begin(), claims.end(), [](auto& c) { return c.get(); }), 1);
}

TEST_F(EventCursor, IsFreeWhenItsHolderLetsGoAndNobodyElse) {
  open();
  claim("a");
  run(release_cursor(name_, "b"));
  EXPECT_EQ(claim("b"), std::nullopt);
  run(release_cursor(name_, "a"));
  EXPECT_EQ(list()[0].holder, "");
  EXPECT_EQ(claim("b"), log_position{});
  EXPECT_FALSE(save("a", {.settled = {9, 9}}));
}

TEST_F(EventCursor, RecordsAllThatCameOfItsEvents) {
  open();
  claim("h");
  const log_position first{5, 1}, second{5, 2}, third{UINT64_MAX / 4, 1'000'000'000'000};
  const auto what = an_event("a.b");
  const auto odd = std::string("\0\xff", 2) + std::string(2'000, 'x');
  ASSERT_TRUE(
      save("h", {.settled = {6, 2},
                 .to_retry = {{first, what, 1, 0ms, odd}, {second, what, 2, 0ms, "no"}, {third, what, 1, 1h, ""}},
                 .dead_letters = {letter(1), letter(2)}}));
  EXPECT_EQ(list()[0].settled, (log_position{6, 2}));
  EXPECT_EQ(list()[0].to_retry, 3U);
  EXPECT_EQ(letters(), "2");
  const auto found = retries();
  EXPECT_EQ(found.waiting, 3U);
  ASSERT_THAT(found.due, SizeIs(2));
  EXPECT_EQ(found.due[0].what->envelope(), what->envelope());
  ASSERT_TRUE(save("h", {.settled = {7, 0},
                         .to_retry = {{second, what, 3, 1h, ""}},
                         .retried = {first},
                         .dead_letters = {letter(2), letter(3)}}));
  EXPECT_EQ(retries().waiting, 2U);
  EXPECT_THAT(retries().due, IsEmpty());
  EXPECT_EQ(ask("SELECT attempts::text FROM event_retries WHERE seq = 2"), "3");
  EXPECT_EQ(letters(), "3") << "one that is there already stays as it is";
  ASSERT_TRUE(save("h", {.settled = {UINT64_MAX / 4, 5}, .retried = {second, third, {1, 1}}}));
  EXPECT_EQ(retries().waiting, 0U);
}

TEST_F(EventCursor, RecordsNothingForAHolderWhoHasLostIt) {
  open();
  const cursor_progress before{.settled = {5, 0}, .to_retry = {{{4, 1}, an_event("a.b"), 1, 0ms, ""}}};
  claim("a");
  ASSERT_TRUE(save("a", before));
  end_lease();
  ASSERT_TRUE(claim("b"));
  EXPECT_FALSE(save("a", {.settled = {9, 0},
                          .to_retry = {{{8, 1}, an_event("a.b"), 1, 0ms, ""}},
                          .retried = {{4, 1}},
                          .dead_letters = {letter(1)}}));
  EXPECT_FALSE(save("a", {.settled = {9, 0}}));
  EXPECT_EQ(list()[0].settled, (log_position{5, 0}));
  EXPECT_THAT(places(retries()), ElementsAre(log_position{4, 1}));
  EXPECT_EQ(letters(), "0");
}

TEST_F(EventCursor, IsHeldOnWithEverySave) {
  open();
  claim("a");
  end_lease();
  EXPECT_EQ(list()[0].holder, "") << "anybody may take it";
  EXPECT_TRUE(save("a", {.settled = {1, 0}})) << "but nobody has";
  EXPECT_EQ(list()[0].holder, "a");
  EXPECT_EQ(claim("b"), std::nullopt);
}

TEST_F(EventCursor, GivesRetriesThatAreDueTheLongestWaitingFirst) {
  open();
  claim("h");
  cursor_progress progress;
  for (std::uint64_t n = 1; n <= 5; ++n) progress.to_retry.push_back({{n, n}, an_event("a.b"), 1, 0ms, ""});
  ASSERT_TRUE(save("h", progress));
  run("UPDATE event_retries SET next_at = clock_timestamp() - (6 - seq) * interval '1 s' WHERE seq <> 3");
  run("UPDATE event_retries SET next_at = clock_timestamp() + interval '1 h' WHERE seq = 3");
  EXPECT_THAT(places(retries()),
              ElementsAre(log_position{1, 1}, log_position{2, 2}, log_position{4, 4}, log_position{5, 5}));
  const auto some = retries(2);
  EXPECT_THAT(places(some), ElementsAre(log_position{1, 1}, log_position{2, 2}));
  EXPECT_EQ(some.waiting, 5U);
  ASSERT_TRUE(some.next_in);
  EXPECT_GT(*some.next_in, 0ms);
  EXPECT_LE(*some.next_in, 1h);
  run("UPDATE event_retries SET next_at = clock_timestamp() - interval '1 s'");
  EXPECT_EQ(retries().next_in, std::nullopt) << "all are due";
}

TEST_F(EventCursor, HasNoRetriesOfOthers) {
  open();
  run(open_cursor({"p", "other"}, "a.*", true));
  run(claim_cursor({"p", "other"}, "h", 1h));
  run(save_cursor({"p", "other"}, "h", 1h, {.to_retry = {{{1, 1}, an_event("a.b"), 1, 0ms, ""}}}));
  const auto found = retries();
  EXPECT_THAT(found.due, IsEmpty());
  EXPECT_EQ(found.waiting, 0U);
  EXPECT_EQ(found.next_in, std::nullopt);
}

TEST_F(EventCursor, PassesARetryThatCannotBeReadAndTellsWhere) {
  open();
  claim("h");
  ASSERT_TRUE(save("h", {.to_retry = {{{1, 1}, an_event("a.b"), 1, 0ms, ""}, {{2, 2}, an_event("a.c"), 1, 0ms, ""}}}));
  run("UPDATE event_retries SET event = '{\"type\": \"a.b\"}' WHERE seq = 1");
  EXPECT_THAT(places(retries()), ElementsAre(log_position{2, 2}));
  ASSERT_THAT(unreadable_, SizeIs(1));
  EXPECT_EQ(unreadable_[0].first, (log_position{1, 1}));
}

TEST_F(EventCursor, TakesItsRetriesWithItWhenItIsDropped) {
  open();
  claim("h");
  ASSERT_TRUE(save("h", {.to_retry = {{{1, 1}, an_event("a.b"), 1, 0ms, ""}}, .dead_letters = {letter(1)}}));
  run(open_cursor({"p", "other"}, "a.*", true));
  run(open_cursor({"q", "all"}, "a.*", true));
  EXPECT_EQ(run(drop_cursor(name_)).affected(), 1U);
  EXPECT_EQ(run(drop_cursor(name_)).affected(), 0U);
  EXPECT_EQ(ask("SELECT count(*)::text FROM event_retries"), "0");
  EXPECT_EQ(letters(), "1") << "dead letters are the plugin's";
  EXPECT_FALSE(save("h", {.settled = {9, 0}, .to_retry = {{{1, 1}, an_event("a.b"), 1, 0ms, ""}}}));
  ASSERT_THAT(list(), SizeIs(2));
  run(drop_cursors("p"));
  ASSERT_THAT(list(), SizeIs(1));
  EXPECT_EQ(list()[0].plugin, "q");
}

}  // namespace
}  // namespace streamspace
