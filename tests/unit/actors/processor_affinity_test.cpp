#include <sched.h>

#include <gtest/gtest.h>

#include <streamspace/actors/processor_affinity.hpp>

namespace streamspace {
namespace {

int usable_processors() {
  cpu_set_t set;
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}

TEST(ProcessorStay, LeavesTheThreadOneProcessorAndThenWhatItHadBefore) {
  const auto before = usable_processors();
  if (before < 2) GTEST_SKIP() << "there is one processor anyway";
  {
    const processor_stay stay{0};
    if (stay.processor() < 0) GTEST_SKIP() << "the kernel does not let threads choose";
    EXPECT_EQ(usable_processors(), 1);
    EXPECT_EQ(present_processor(), stay.processor());
  }
  EXPECT_EQ(usable_processors(), before);
}

TEST(ProcessorStay, CountsRoundAndRound) {
  const auto count = static_cast<unsigned>(usable_processors());
  int first = -1;
  {
    const processor_stay stay{1};
    first = stay.processor();
  }
  const processor_stay again{1 + 3 * count};
  EXPECT_EQ(again.processor(), first);
}

}  // namespace
}  // namespace streamspace
