#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/dead_letter_writer.hpp>
#include <streamspace/persistence/dead_letter_sql.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A writer whose database answers when the test says so.
class DeadLetterWriter : public ::testing::Test {
 protected:
  struct question {
    sql_statement statement;
    dead_letter_writer::answer answer;
  };

  explicit DeadLetterWriter(std::size_t keep = 100'000)
      : letters_{std::make_shared<dead_letters>(dead_letter_limits{.items = 3'000})},
        writer_{{.letters = letters_,
                 .query =
                     [this](sql_statement statement, dead_letter_writer::answer answer) {
                       asked_.push_back({std::move(statement), std::move(answer)});
                     },
                 .keep = keep,
                 .log = [this](log_record record) { log_.push_back(std::move(record)); },
                 .now = [this] { return now_; }}} {}

  void bury(int how_many, const json& data = json::object()) {
    for (int i = 0; i < how_many; ++i)
      letters_->add({.at = {},
                     .plugin = "p",
                     .subscription = "a.*",
                     .what = std::make_shared<const event>("a.b", data),
                     .cause = dead_letter_cause::failed});
  }
  /// The ids that an insert asks for; none for any other statement.
  static std::vector<std::uint64_t> ids_of(const sql_statement& s) {
    std::vector<std::uint64_t> ids;
    if (!s.text.starts_with("INSERT")) return ids;
    for (const auto& row : json::parse(*s.params[0].text())) ids.push_back(row["id"]);
    return ids;
  }
  /// Answers the oldest question.
  void answer(result<sql_result> with) {
    auto next = std::move(asked_.front());
    asked_.pop_front();
    next.answer(std::move(with));
  }
  void answer_affecting(std::size_t rows) { answer(sql_result{sql_table{{}, {}, 0, rows}}); }
  void fail() { answer(failure(ec::database_unreachable, "it is gone")); }
  /// Answers all questions well, also those that come of it; the ids that were written.
  std::vector<std::uint64_t> serve() {
    std::vector<std::uint64_t> ids;
    while (!asked_.empty()) {
      for (const auto id : ids_of(asked_.front().statement)) ids.push_back(id);
      answer_affecting(0);
    }
    return ids;
  }
  bool logged(const std::string& text) const {
    return std::any_of(log_.begin(), log_.end(), [&](const log_record& r) {
      return (r.message + r.data.dump()).find(text) != std::string::npos;
    });
  }

  dead_letter_writer::clock::time_point now_{1h};
  std::deque<question> asked_;
  std::vector<log_record> log_;
  std::shared_ptr<dead_letters> letters_;
  dead_letter_writer writer_;
};

TEST_F(DeadLetterWriter, WritesWhatIsNewInTheOrderInWhichItCame) {
  writer_.tick();
  EXPECT_THAT(asked_, IsEmpty()) << "nothing is there to write";
  bury(3);
  writer_.tick();
  ASSERT_EQ(asked_.size(), 1U) << "one statement for all";
  EXPECT_THAT(ids_of(asked_[0].statement), ElementsAre(1, 2, 3));
  EXPECT_FALSE(letters_->find(2));
  ASSERT_TRUE(writer_.pending(2));
  EXPECT_EQ(writer_.pending(2)->plugin, "p");
  serve();
  EXPECT_FALSE(writer_.pending(2));
}

TEST_F(DeadLetterWriter, WritesABatchATickHoweverManyThereAre) {
  bury(2'500);
  for (const std::size_t expected : {1'000, 1'000, 500, 0}) {
    writer_.tick();
    writer_.tick();
    EXPECT_EQ(serve().size(), expected);
  }
}

TEST_F(DeadLetterWriter, TriesTheSameBatchAgainAfterAWhileWhenTheDatabaseFails) {
  bury(2);
  writer_.tick();
  fail();
  EXPECT_TRUE(logged("it is gone"));
  EXPECT_TRUE(writer_.pending(1)) << "it is neither lost nor written";
  bury(1);
  writer_.tick();
  EXPECT_THAT(asked_, IsEmpty()) << "too soon";
  now_ += 1s;
  writer_.tick();
  EXPECT_THAT(serve(), ElementsAre(1, 2));
  writer_.tick();
  EXPECT_THAT(serve(), ElementsAre(3));
}

TEST_F(DeadLetterWriter, SaysOnceInAWhileThatTheDatabaseFails) {
  bury(1);
  for (int i = 0; i < 8; ++i) {
    writer_.tick();
    fail();
    now_ += 1s;
  }
  EXPECT_EQ(log_.size(), 1U);
}

TEST_F(DeadLetterWriter, CountsWhatIsPushedOutBeforeItsTurnComes) {
  bury(3'040);
  writer_.tick();
  EXPECT_EQ(serve().front(), 41U);
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_THAT(log_[0].message, HasSubstr("40 dead letters were not kept in the database"));
  bury(3'007);
  writer_.tick();
  EXPECT_EQ(log_.size(), 1U) << "too soon for another line";
  now_ += 10s;
  writer_.tick();
  ASSERT_EQ(log_.size(), 2U);
  EXPECT_EQ(log_[1].data["count"], 2'007) << "what was left of the ring, and so many had room";
}

TEST_F(DeadLetterWriter, LeavesOutAndNamesWhatTheDatabaseCannotHold) {
  bury(1);
  bury(1, json("not \xff utf-8"));
  bury(1);
  writer_.tick();
  EXPECT_THAT(serve(), ElementsAre(1, 3));
  writer_.tick();
  EXPECT_TRUE(logged("1 dead letters were not kept"));
  EXPECT_TRUE(logged("letter 2 of plugin p"));
}

TEST_F(DeadLetterWriter, FlushesWhatComesAfterManyThatTheDatabaseCannotHold) {
  bury(1'500, json("not \xff utf-8"));
  bury(1);
  bool flushed = false;
  writer_.flush([&](const result<void>& r) { flushed = r.has_value(); });
  EXPECT_THAT(serve(), ElementsAre(1'501));
  EXPECT_TRUE(flushed);
}

TEST_F(DeadLetterWriter, BoundsTheBytesOfABatch) {
  for (int i = 0; i < 15; ++i)
    letters_->add({.at = {},
                   .plugin = "p",
                   .subscription = "a.*",
                   .what = std::make_shared<const event>("a.b"),
                   .cause = dead_letter_cause::failed,
                   .event_bytes = 1U << 20U});
  writer_.tick();
  EXPECT_EQ(serve().size(), 10U) << "a heavy one in each part";
  writer_.tick();
  EXPECT_EQ(serve().size(), 5U);
}

TEST_F(DeadLetterWriter, GivesUpABatchWhoseValuesTheDatabaseRefuses) {
  bury(2);
  writer_.tick();
  answer(failure(ec::database_error, "no such date", {{"sqlstate", "22008"}}));
  EXPECT_FALSE(writer_.pending(1));
  bury(1);
  writer_.tick();
  EXPECT_THAT(serve(), ElementsAre(3)) << "what comes after it is not held up";
  EXPECT_TRUE(logged("2 dead letters were not kept"));
}

TEST_F(DeadLetterWriter, FlushesAllThatIsThereAndNothingThatComesLater) {
  bury(2'500);
  std::optional<result<void>> flushed;
  writer_.flush([&](result<void> r) { flushed = std::move(r); });
  bury(1);
  EXPECT_FALSE(flushed);
  EXPECT_EQ(serve().size(), 2'500U);
  ASSERT_TRUE(flushed);
  EXPECT_TRUE(*flushed);
  EXPECT_TRUE(letters_->find(2'501));
}

TEST_F(DeadLetterWriter, FlushesBehindWhatIsUnderWay) {
  bury(1);
  writer_.tick();
  bury(1);
  std::vector<int> done;
  writer_.flush([&](const result<void>& r) { done.push_back(r ? 1 : -1); });
  writer_.flush([&](const result<void>& r) { done.push_back(r ? 2 : -2); });
  ASSERT_EQ(asked_.size(), 1U) << "one statement at a time";
  EXPECT_THAT(serve(), ElementsAre(1, 2));
  EXPECT_THAT(done, ElementsAre(1, 2));
}

TEST_F(DeadLetterWriter, TellsWhoeverFlushesThatTheDatabaseFails) {
  bury(1);
  std::optional<result<void>> flushed;
  writer_.flush([&](result<void> r) { flushed = std::move(r); });
  fail();
  ASSERT_TRUE(flushed);
  EXPECT_EQ(flushed->error().code(), ec::database_unreachable);
}

TEST_F(DeadLetterWriter, SaysAtItsEndWhatIsLost) {
  bury(2);
  writer_.flush([](const result<void>&) {});
  fail();
  bury(3);
  writer_.end();
  EXPECT_TRUE(logged("5 dead letters were not kept in the database"));
}

TEST_F(DeadLetterWriter, DrawsNewIdsLongBeforeThoseOfAnotherHostBegin) {
  letters_->number_from(dead_letter_ids_a_number / 2);
  bury(1);
  writer_.tick();
  ASSERT_EQ(asked_.size(), 2U);
  EXPECT_THAT(asked_[0].statement.text, HasSubstr("nextval"));
  answer(sql_result{sql_table{{"nextval"}, {"7"}, 1, 1}});
  serve();
  bury(1);
  writer_.tick();
  EXPECT_THAT(serve(), ElementsAre(7 * dead_letter_ids_a_number));
}

class DeadLetterRetention : public DeadLetterWriter {
 protected:
  DeadLetterRetention() : DeadLetterWriter{100} {}

  std::vector<std::string> write(int how_many) {
    bury(how_many);
    writer_.tick();
    std::vector<std::string> texts;
    while (!asked_.empty()) {
      texts.push_back(asked_.front().statement.text.substr(0, 6));
      answer_affecting(texts.size() < 3 ? 1'000 : 0);
    }
    return texts;
  }
};

TEST_F(DeadLetterRetention, DeletesOldRowsInPartsAfterTheFirstWriteAndThenAfterEveryTwentieth) {
  EXPECT_THAT(write(1), ElementsAre("INSERT", "DELETE", "DELETE"));
  EXPECT_THAT(write(4), ElementsAre("INSERT"));
  EXPECT_THAT(write(1), ElementsAre("INSERT", "DELETE", "DELETE"));
}

}  // namespace
}  // namespace streamspace
