#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/actors/published.hpp>

namespace streamspace {
namespace {

using testing::eventually;

/// Says how many of its kind there are and whether it was destroyed.
class value {
 public:
  value(int number, std::atomic<int>& alive, std::atomic<int>& destroyed)
      : number_{number}, mirror_{-number}, alive_{alive}, destroyed_{destroyed} {
    ++alive_;
  }
  value(const value&) = delete;
  value& operator=(const value&) = delete;
  ~value() {
    number_ = mirror_ = 1;
    --alive_;
    ++destroyed_;
  }

  int number() const { return number_; }
  bool whole() const { return number_ == -mirror_; }

 private:
  int number_;
  int mirror_;
  std::atomic<int>& alive_;
  std::atomic<int>& destroyed_;
};

struct Published : ::testing::Test {
  std::unique_ptr<const value> make(int number) { return std::make_unique<const value>(number, alive, destroyed); }

  std::atomic<int> alive{0};
  std::atomic<int> destroyed{0};
};

TEST_F(Published, ShowsTheLastValueAndDestroysTheOneBefore) {
  {
    published<value> p{make(1)};
    EXPECT_EQ(p.read()->number(), 1);
    p.publish(make(2));
    EXPECT_EQ((*p.read()).number(), 2);
    EXPECT_EQ(destroyed, 1);
  }
  EXPECT_EQ(destroyed, 2);
  EXPECT_EQ(alive, 0);
}

TEST_F(Published, DestroysAValueOnlyWhenItsLastReaderIsGone) {
  published<value> p{make(1)};
  std::jthread publisher;
  {
    const auto first = p.read();
    const auto second = p.read();
    publisher = std::jthread{[&] { p.publish(make(2)); }};
    ASSERT_TRUE(eventually([&] { return p.read()->number() == 2; })) << "readers see it though it is not returned yet";
    EXPECT_EQ(destroyed, 0);
    EXPECT_EQ(first->number(), 1);
    EXPECT_TRUE(second->whole());
  }
  publisher.join();
  EXPECT_EQ(destroyed, 1);
}

TEST_F(Published, ShowsWholeValuesAndNeverAnOlderOneAgainWhileManyReadAndPublish) {
  constexpr int readers = 3;
  constexpr int values = 2'000;
  published<value> p{make(1)};
  std::atomic<bool> over{false};
  std::atomic<int> running{0};
  std::atomic<int> broken{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < readers; ++t)
      threads.emplace_back([&] {
        ++running;
        int last = 0;
        while (!over) {
          const auto outer = p.read();
          const auto inner = p.read();
          if (!outer->whole() || !inner->whole() || outer->number() < last || inner->number() < outer->number())
            ++broken;
          last = inner->number();
        }
      });
    EXPECT_TRUE(eventually([&] { return running == readers; }));
    for (int n = 2; n <= values; ++n) {
      p.publish(make(n));
      EXPECT_EQ(destroyed, n - 1) << "the old one is destroyed when publish returns";
      EXPECT_EQ(alive, 1);
    }
    over = true;
  }
  EXPECT_EQ(broken, 0);
}

TEST_F(Published, DestroysEachOfManyPublishersValuesOnce) {
  constexpr int publishers = 3;
  constexpr int each = 500;
  {
    published<value> p{make(0)};
    std::vector<std::jthread> threads;
    std::atomic<int> left{publishers};
    for (int t = 1; t <= publishers; ++t)
      threads.emplace_back([&] {
        for (int n = 1; n <= each; ++n) p.publish(make(n));
        --left;
      });
    for (int t = 0; t < 2; ++t)
      threads.emplace_back([&] {
        while (left > 0) EXPECT_TRUE(p.read()->whole());
      });
    threads.clear();
    EXPECT_EQ(destroyed, publishers * each);
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace streamspace
