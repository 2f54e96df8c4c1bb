#include <gtest/gtest.h>

#include <streamspace/actors/processor_affinity.hpp>

namespace streamspace {
namespace {

int usable() {
  return processor_set::of_this_thread().size();
}

TEST(ProcessorStay, LeavesTheThreadOneProcessorAndThenWhatItHadBefore) {
  const auto before = processor_set::of_this_thread();
  if (before.size() < 2) GTEST_SKIP() << "there is one processor anyway";
  const auto other = before.find([here = present_processor()](int p) { return p != here; });
  {
    const processor_stay stay{other, before};
    if (!stay.holds()) GTEST_SKIP() << "the kernel does not let threads choose";
    EXPECT_EQ(usable(), 1);
    EXPECT_EQ(present_processor(), other);
  }
  EXPECT_EQ(usable(), before.size());
}

TEST(ProcessorStay, MayBeAnywhere) {
  const auto before = processor_set::of_this_thread();
  const processor_stay stay{-1, before};
  EXPECT_FALSE(stay.holds());
  EXPECT_EQ(usable(), before.size());
}

TEST(ProcessorSet, FindsAProcessorThatFits) {
  const auto set = processor_set::of_this_thread();
  EXPECT_TRUE(set.has(set.find([](int) { return true; })));
  EXPECT_EQ(set.find([](int) { return false; }), -1);
  EXPECT_FALSE(set.has(-1));
  EXPECT_FALSE(set.has(CPU_SETSIZE));
}

}  // namespace
}  // namespace streamspace
