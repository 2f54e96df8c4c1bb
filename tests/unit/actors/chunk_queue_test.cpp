#include <deque>
#include <random>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/chunk_queue.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;

/// Counts those of its kind that there are.
class item {
 public:
  explicit item(int n, std::size_t bytes = 1) : number_{n}, bytes_{bytes} { ++alive; }
  item(item&& other) noexcept : number_{other.number_}, bytes_{other.bytes_} { ++alive; }
  item& operator=(item&&) = default;
  ~item() { --alive; }

  int number() const { return number_; }
  std::size_t bytes() const { return bytes_; }

  static inline int alive = 0;

 private:
  int number_;
  std::size_t bytes_;
};

using queue = chunk_queue<item>;

void push(queue& to, int from, int last) {
  for (int n = from; n <= last; ++n) to.push_back(item{n});
}

std::vector<int> numbers_of(const queue::chunk_ptr& taken) {
  std::vector<int> all;
  for (std::size_t i = 0; taken && i < taken->size(); ++i) all.push_back((*taken)[i].number());
  return all;
}

std::vector<int> drain(queue& from) {
  std::vector<int> all;
  while (!from.empty()) all.push_back(from.pop_front().number());
  return all;
}

TEST(ChunkQueue, GivesItsItemsInOrderOverManyChunks) {
  queue items{3};
  push(items, 1, 8);
  EXPECT_EQ(items.size(), 8U);
  EXPECT_EQ(items.front().number(), 1);
  EXPECT_THAT(drain(items), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  push(items, 9, 10);
  EXPECT_THAT(drain(items), ElementsAre(9, 10));
}

TEST(ChunkQueue, TakesWhatCameBackToItsFront) {
  queue items{2};
  items.push_front(item{3});
  items.push_front(item{2});
  items.push_front(item{1});
  push(items, 4, 5);
  EXPECT_THAT(drain(items), ElementsAre(1, 2, 3, 4, 5));
}

TEST(ChunkQueue, GivesAWholeChunkAtOnce) {
  queue items{3};
  push(items, 1, 5);
  auto taken = items.take_chunk(nullptr);
  EXPECT_THAT(numbers_of(taken), ElementsAre(1, 2, 3));
  push(items, 6, 6);
  taken = items.take_chunk(std::move(taken));
  EXPECT_THAT(numbers_of(taken), ElementsAre(4, 5, 6));
  EXPECT_EQ(items.take_chunk(std::move(taken)), nullptr);
  EXPECT_TRUE(items.empty());
}

TEST(ChunkQueue, UsesAChunkThatCameBackForWhatComesNext) {
  queue items{2};
  push(items, 1, 2);
  auto taken = items.take_chunk(nullptr);
  const auto* const where = &(*taken)[0];
  EXPECT_EQ(items.take_chunk(std::move(taken)), nullptr);
  push(items, 3, 3);
  EXPECT_EQ(&items.front(), where);
}

TEST(ChunkQueue, CountsTheBytesOfWhatIsInIt) {
  queue items{2};
  items.push_back(item{1, 10});
  items.push_back(item{2, 20});
  items.push_back(item{3, 30});
  items.push_front(item{0, 5});
  EXPECT_EQ(items.bytes(), 65U);
  static_cast<void>(items.pop_front());
  EXPECT_EQ(items.bytes(), 60U);
  const auto taken = items.take_chunk(nullptr);
  EXPECT_EQ(items.bytes(), 30U);
  auto rest = items.take_all();
  EXPECT_EQ(items.bytes(), 0U);
  EXPECT_EQ(items.size(), 0U);
  EXPECT_EQ(rest.bytes(), 30U);
}

TEST(ChunkQueue, DestroysEachItemOnce) {
  {
    queue items{3};
    push(items, 1, 10);
    EXPECT_EQ(item::alive, 10);
    const auto taken = items.take_chunk(nullptr);
    static_cast<void>(items.pop_front());
    EXPECT_EQ(item::alive, 9);
    queue moved{std::move(items)};
    EXPECT_EQ(moved.size(), 6U);
    moved = queue{2};
    EXPECT_EQ(item::alive, 3) << "those of the chunk that was taken";
  }
  EXPECT_EQ(item::alive, 0);
}

TEST(ChunkQueue, DoesWhatADequeDoes) {
  std::minstd_rand random{7};
  queue items{5};
  std::deque<int> expected;
  queue::chunk_ptr taken;
  for (int n = 0; n < 20'000; ++n) {
    const auto what = random() % 16;
    if (what < 8) {
      items.push_back(item{n, n % 7U});
      expected.push_back(n);
    } else if (what < 10) {
      items.push_front(item{n, n % 7U});
      expected.push_front(n);
    } else if (what < 14) {
      if (expected.empty()) continue;
      ASSERT_EQ(items.pop_front().number(), expected.front());
      expected.pop_front();
    } else {
      taken = items.take_chunk(std::move(taken));
      for (const auto number : numbers_of(taken)) {
        ASSERT_EQ(number, expected.front());
        expected.pop_front();
      }
    }
    ASSERT_EQ(items.size(), expected.size());
    std::size_t bytes = 0;
    for (const auto number : expected) bytes += number % 7U;
    ASSERT_EQ(items.bytes(), bytes);
  }
}

}  // namespace
}  // namespace streamspace
