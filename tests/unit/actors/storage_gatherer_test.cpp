#include <deque>
#include <map>

#include <gmock/gmock.h>

#include <streamspace/actors/storage_gatherer.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using answer_text = std::optional<std::string>;

/// A database whose answers the test gives.
class StorageGatherer : public ::testing::Test {
 protected:
  struct question {
    sql_statement what;
    std::function<void(result<sql_result>)> then;
  };

  std::unique_ptr<storage_gatherer> make(storage_gatherer::limits at_most = {}) {
    const auto ask = [this](sql_statement what, auto then) { asked.push_back({std::move(what), std::move(then)}); };
    return std::make_unique<storage_gatherer>(ask, at_most);
  }

  /// Keeps what comes of it under a name.
  storage_gatherer::answer note(const std::string& as) {
    return [this, as](result<answer_text> came_of_it) { answers.emplace(as, std::move(came_of_it)); };
  }
  void add(storage_request what, const std::string& as) {
    gatherer->add(std::move(what), note(as));
    gatherer->begin();
  }
  void set(const std::string& key, int value, const std::string& as) { add(set_stored("p", key, value), as); }

  void answer_next(result<sql_result> with = sql_result{}) {
    auto next = std::move(asked.front());
    asked.pop_front();
    next.then(std::move(with));
    gatherer->begin();
  }
  void refuse_next(const std::string& sqlstate) {
    answer_next(failure(ec::database_error, "no", {{"sqlstate", sqlstate}}));
  }
  static sql_result rows(std::vector<std::string> columns, std::vector<answer_text> cells) {
    const auto count = cells.size() / columns.size();
    return sql_result{sql_table{std::move(columns), cells, count, 0}};
  }
  /// Parameter $n of the oldest question.
  std::string param(std::size_t n) const { return *asked.front().what.params.at(n - 1).text(); }

  std::deque<question> asked;
  std::multimap<std::string, result<answer_text>> answers;
  std::unique_ptr<storage_gatherer> gatherer;
};

TEST_F(StorageGatherer, SendsNothingBeforeItIsToldTo) {
  gatherer = make({.most_under_way = 1});
  EXPECT_FALSE(gatherer->may_begin());
  for (const auto* key : {"a", "b"}) gatherer->add(set_stored("p", key, 1), note(key));
  EXPECT_TRUE(gatherer->may_begin());
  EXPECT_THAT(asked, IsEmpty());
  gatherer->begin();
  EXPECT_THAT(asked, SizeIs(1));
  gatherer->add(set_stored("p", "c", 1), note("c"));
  EXPECT_FALSE(gatherer->may_begin()) << "as many are under way as may be";
}

TEST_F(StorageGatherer, AsksAtOnceWhileFewStatementsAreUnderWay) {
  gatherer = make({.most_under_way = 2});
  set("a", 1, "a");
  set("b", 2, "b");
  EXPECT_THAT(asked, SizeIs(2));
  EXPECT_THAT(answers, IsEmpty()) << "nobody is answered before it is done";
  answer_next();
  EXPECT_THAT(answers, SizeIs(1));
  EXPECT_TRUE(answers.find("a")->second);
}

TEST_F(StorageGatherer, GathersWhatComesMeanwhileIntoOneStatement) {
  gatherer = make({.most_under_way = 1});
  set("first", 0, "first");
  for (const auto* key : {"c", "a", "b"}) set(key, 1, key);
  EXPECT_THAT(asked, SizeIs(1));
  EXPECT_EQ(gatherer->waiting(), 3U);
  answer_next();
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(param(2), R"({"a","b","c"})") << "rows are locked in one order";
  answer_next();
  EXPECT_THAT(answers, SizeIs(4));
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(StorageGatherer, KeepsTheLaterOfTwoValuesForAKeyAndAnswersBoth) {
  gatherer = make({.most_under_way = 1});
  set("first", 0, "first");
  set("k", 1, "one");
  set("k", 2, "two");
  answer_next();
  EXPECT_EQ(param(3), "2");
  answer_next();
  EXPECT_TRUE(answers.find("one")->second);
  EXPECT_TRUE(answers.find("two")->second);
}

TEST_F(StorageGatherer, TellsEveryoneWhoAsksForAKeyItsValue) {
  gatherer = make({.most_under_way = 1});
  add(get_stored("p", "other"), "other");
  for (const auto* who : {"x", "y"}) add(get_stored("p", "k"), who);
  add(get_stored("p", "none"), "none");
  answer_next();
  EXPECT_EQ(param(2), R"({"k","none"})");
  answer_next(rows({"i", "value"}, {"1", "7"}));
  EXPECT_EQ(*answers.find("x")->second, "7");
  EXPECT_EQ(*answers.find("y")->second, "7");
  EXPECT_EQ(*answers.find("none")->second, std::nullopt);
}

TEST_F(StorageGatherer, PutsTwoIncrementsOfAKeyIntoTwoStatements) {
  gatherer = make({.most_under_way = 1});
  add(increment_stored("p", "other", 1), "other");
  for (const auto* who : {"x", "y"}) add(increment_stored("p", "n", 1), who);
  answer_next();
  EXPECT_EQ(param(2), "n");
  answer_next(rows({"plugin_name", "key", "value"}, {"p", "n", "1"}));
  EXPECT_EQ(*answers.find("x")->second, "1");
  ASSERT_THAT(asked, SizeIs(1));
  answer_next();
  EXPECT_EQ(*answers.find("y")->second, std::nullopt) << "it is no number by then";
}

TEST_F(StorageGatherer, KeepsThePluginsApart) {
  gatherer = make({.most_under_way = 1});
  set("first", 0, "first");
  for (const auto* plugin : {"p", "q"}) add(set_stored(plugin, "k", 1), plugin);
  answer_next();
  EXPECT_EQ(param(1), R"({"p","q"})");
  EXPECT_EQ(param(2), R"({"k","k"})");
}

TEST_F(StorageGatherer, FindsTheRowThatIsAtFaultAndStoresTheOthers) {
  gatherer = make({.most_under_way = 1});
  set("first", 0, "first");
  for (const auto* key : {"a", "b", "bad", "c", "d"}) set(key, 1, key);
  answer_next();
  int statements = 0;
  for (; !asked.empty(); ++statements) param(2).find("bad") == std::string::npos ? answer_next() : refuse_next("23514");
  for (const auto* key : {"a", "b", "c", "d"}) EXPECT_TRUE(answers.find(key)->second) << key;
  const auto& bad = answers.find("bad")->second;
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().fact("sqlstate"), "23514");
  EXPECT_THAT(answers, SizeIs(6)) << "each is answered once";
  EXPECT_LE(statements, 6);
}

TEST_F(StorageGatherer, BeginsAnewWhenAnotherStatementWon) {
  gatherer = make();
  set("a", 1, "a");
  refuse_next("40P01");
  EXPECT_THAT(answers, IsEmpty());
  refuse_next("40001");
  answer_next();
  EXPECT_TRUE(answers.find("a")->second);
}

TEST_F(StorageGatherer, GivesUpWhenAnotherStatementWinsAgainAndAgain) {
  gatherer = make();
  set("a", 1, "a");
  for (int i = 0; i < 100 && !asked.empty(); ++i) refuse_next("40P01");
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_FALSE(answers.find("a")->second);
}

TEST_F(StorageGatherer, TellsEveryoneThatTheDatabaseIsNotThere) {
  gatherer = make({.most_under_way = 1});
  set("first", 0, "first");
  set("a", 1, "a");
  set("b", 1, "b");
  answer_next();
  answer_next(failure(ec::database_unreachable, "gone"));
  EXPECT_EQ(answers.find("a")->second.error().code(), ec::database_unreachable);
  EXPECT_EQ(answers.find("b")->second.error().code(), ec::database_unreachable);
  EXPECT_THAT(asked, IsEmpty()) << "what may have happened is not done twice";
}

TEST_F(StorageGatherer, BoundsAStatement) {
  gatherer = make({.most_rows = 2, .most_bytes = 1'000, .most_under_way = 1});
  set("first", 0, "first");
  for (const auto* key : {"a", "b", "c"}) set(key, 1, key);
  add(set_stored("p", "large", std::string(5'000, 'x')), "large");
  std::vector<std::string> keys;
  for (; !asked.empty(); answer_next()) keys.push_back(param(2));
  EXPECT_THAT(keys, ElementsAre("first", R"({"a","b"})", "c", "large"));
}

TEST_F(StorageGatherer, TakesNoMoreThanMayWait) {
  gatherer = make({.most_waiting = 1, .most_under_way = 1});
  set("first", 0, "first");
  set("a", 1, "a");
  set("b", 1, "b");
  ASSERT_EQ(answers.count("b"), 1U);
  EXPECT_EQ(answers.find("b")->second.error().code(), ec::unavailable);
  answer_next();
  set("c", 1, "c");
  EXPECT_EQ(answers.count("c"), 0U);
}

TEST_F(StorageGatherer, TakesBackWhatIsInNoStatementYet) {
  gatherer = make({.most_under_way = 1});
  const auto sent = gatherer->add(set_stored("p", "a", 1), note("a"));
  gatherer->begin();
  const auto waits = gatherer->add(set_stored("p", "b", 1), note("b"));
  EXPECT_FALSE(gatherer->withdraw(sent));
  EXPECT_TRUE(gatherer->withdraw(waits));
  EXPECT_FALSE(gatherer->withdraw(waits));
  EXPECT_EQ(gatherer->waiting(), 0U);
  answer_next();
  EXPECT_THAT(asked, IsEmpty());
  EXPECT_THAT(answers, SizeIs(1));
}

TEST_F(StorageGatherer, TellsOfAnAnswerThatItCannotRead) {
  gatherer = make();
  add(get_stored("p", "a"), "a");
  answer_next(rows({"i", "value"}, {"7", "1"}));
  EXPECT_EQ(answers.find("a")->second.error().code(), ec::internal);
}

TEST_F(StorageGatherer, AnswersEveryoneWhenItEnds) {
  gatherer = make({.most_under_way = 1});
  set("first", 0, "first");
  set("a", 1, "a");
  gatherer.reset();
  EXPECT_EQ(answers.find("first")->second.error().code(), ec::unavailable);
  EXPECT_EQ(answers.find("a")->second.error().code(), ec::unavailable);
}

}  // namespace
}  // namespace streamspace
