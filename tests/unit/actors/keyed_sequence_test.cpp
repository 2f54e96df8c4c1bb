#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/keyed_sequence.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;

TEST(KeyedSequence, BeginsAStepWhenTheOneBeforeItIsOver) {
  keyed_sequence sequence;
  std::vector<std::string> begun;
  std::vector<keyed_sequence::done> open;
  const auto step = [&](std::string name) {
    return [&, name](keyed_sequence::done done) {
      begun.push_back(name);
      open.push_back(std::move(done));
    };
  };
  sequence.run("u1", step("first"));
  sequence.run("u1", step("second"));
  sequence.run("u1", step("third"));
  EXPECT_THAT(begun, ElementsAre("first"));
  open[0]();
  EXPECT_THAT(begun, ElementsAre("first", "second"));
  open[1]();
  EXPECT_THAT(begun, ElementsAre("first", "second", "third"));
  EXPECT_EQ(sequence.active(), 1U);
  open[2]();
  EXPECT_EQ(sequence.active(), 0U) << "nothing is kept of a key that rests";
}

TEST(KeyedSequence, LetsOtherKeysGoOn) {
  keyed_sequence sequence;
  std::vector<std::string> begun;
  sequence.run("slow", [&](keyed_sequence::done) { begun.push_back("slow"); });
  sequence.run("quick", [&](keyed_sequence::done done) {
    begun.push_back("quick");
    done();
  });
  EXPECT_THAT(begun, ElementsAre("slow", "quick"));
  EXPECT_EQ(sequence.active(), 1U);
}

TEST(KeyedSequence, LetsAStepAddAnotherOnItsOwnKey) {
  keyed_sequence sequence;
  std::vector<std::string> begun;
  sequence.run("u1", [&](keyed_sequence::done done) {
    begun.push_back("outer begins");
    sequence.run("u1", [&](keyed_sequence::done inner) {
      begun.push_back("inner");
      inner();
    });
    begun.push_back("outer ends");
    done();
  });
  EXPECT_THAT(begun, ElementsAre("outer begins", "outer ends", "inner"));
  EXPECT_EQ(sequence.active(), 0U);
}

TEST(KeyedSequence, RunsManyStepsThatEndAtOnceWithoutDeepeningTheStack) {
  keyed_sequence sequence;
  keyed_sequence::done release;
  std::size_t ran = 0;
  sequence.run("u1", [&](keyed_sequence::done done) { release = std::move(done); });
  for (int i = 0; i < 200'000; ++i)
    sequence.run("u1", [&](keyed_sequence::done done) {
      ++ran;
      done();
    });
  release();
  EXPECT_EQ(ran, 200'000U);
  EXPECT_EQ(sequence.active(), 0U);
}

}  // namespace
}  // namespace streamspace
