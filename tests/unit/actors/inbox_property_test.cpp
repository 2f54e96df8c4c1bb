#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/actors/inbox.hpp>

namespace streamspace {
namespace {

using testing::eventually;

/// The n-th item of a producer in its lane.
struct numbered {
  std::size_t producer = 0;
  int number = 0;
  std::size_t size = 1;
  std::size_t bytes() const { return size; }
};

using box_type = inbox<numbered, numbered, numbered>;
using result = box_type::push_result;

constexpr std::size_t producers = 4;
constexpr inbox_limits limits{.events = 32, .requests = 8, .event_bytes = 400};

/// What a lane has given out, to be held against what it was given.
class lane_record {
 public:
  void note(const numbered& item) {
    if (item.number <= last_.at(item.producer)) in_order_ = false;
    last_[item.producer] = item.number;
    ++count_;
  }
  bool in_order() const { return in_order_; }
  std::size_t count() const { return count_; }

 private:
  std::vector<int> last_ = std::vector<int>(producers, -1);
  std::size_t count_ = 0;
  bool in_order_ = true;
};

/// Producers that push into all lanes and take the duty to one of two consumers, which take turns of random sizes.
class hustle {
 public:
  explicit hustle(unsigned seed) : seed_{seed} { box_.set_open(true, true); }

  void run(int steps) {
    std::vector<std::jthread> consumers;
    for (unsigned c = 0; c < 2; ++c) consumers.emplace_back([this, c] { consume(c); });
    {
      std::vector<std::jthread> threads;
      for (std::size_t p = 0; p < producers; ++p) threads.emplace_back([this, p, steps] { produce(p, steps); });
    }
    // The gates may have been left shut; what was accepted still comes out.
    EXPECT_TRUE(eventually([this] { return box_.size() == 0 && duties_ == 0; }));
    over_ = true;
  }

  void check() const {
    EXPECT_TRUE(one_at_a_time_);
    EXPECT_TRUE(bounds_kept_);
    EXPECT_TRUE(events_.in_order());
    EXPECT_TRUE(requests_.in_order());
    EXPECT_TRUE(controls_.in_order());
    EXPECT_TRUE(marks_.in_order());
    EXPECT_TRUE(marks_after_events_);
    EXPECT_EQ(events_.count() + evicted_, accepted_events_);
    EXPECT_EQ(requests_.count(), accepted_requests_);
    EXPECT_EQ(controls_.count(), accepted_controls_);
    EXPECT_EQ(marks_.count(), accepted_marks_);
    EXPECT_EQ(box_.event_bytes(), 0U);
  }

 private:
  void produce(std::size_t me, int steps) {
    std::minstd_rand random{seed_ * 100 + static_cast<unsigned>(me)};
    for (int n = 0; n < steps; ++n) {
      const numbered item{me, n, 1 + random() % 30};
      const auto what = random() % 34;
      if (what < 18)
        count(box_.push_event(numbered{item}), accepted_events_);
      else if (what < 22)
        push_evicting(item);
      else if (what < 23)
        box_.await_room(item.size, box_type::clock::now() + std::chrono::milliseconds{1});
      else if (what < 27)
        count(box_.push_request(numbered{item}), accepted_requests_);
      else if (what < 29)
        count(box_.push_control(item), accepted_controls_);
      else if (what < 31)
        count(box_.push_mark(item), accepted_marks_);
      else if (what < 33)
        help();
      else
        box_.set_open(random() % 4 != 0, random() % 4 != 0);
      if (!puts_back_ && box_.event_bytes() > limits.event_bytes) bounds_kept_ = false;
    }
  }

  void count(result r, std::atomic<std::size_t>& accepted) {
    if (r == result::accepted || r == result::accepted_wake) ++accepted;
    if (r == result::accepted_wake) ++duties_;
  }

  void push_evicting(const numbered& item) {
    std::vector<numbered> evicted;
    count(box_.push_event_evicting(numbered{item}, evicted), accepted_events_);
    evicted_ += evicted.size();
  }

  void consume(unsigned me) {
    std::minstd_rand random{seed_ * 1'000 + me};
    while (!over_) {
      auto duties = duties_.load();
      if (duties == 0 || !duties_.compare_exchange_strong(duties, duties - 1)) {
        std::this_thread::yield();
        continue;
      }
      bool more = true;
      while (more) {
        if (consumers_.fetch_add(1) != 0) one_at_a_time_ = false;
        turn(random);
        consumers_.fetch_sub(1);
        more = random() % 2 == 0 ? linger(random) : box_.end_turn();
      }
    }
  }

  /// Keeps the duty for some looks; whether it still has it and another turn must follow.
  bool linger(std::minstd_rand& random) {
    const auto number = box_.linger();
    if (number == 0) return true;
    auto found = lingering::idle;
    for (auto n = random() % 8; n > 0 && found == lingering::idle; --n) {
      found = box_.look_again(number);
      std::this_thread::yield();
    }
    if (found == lingering::idle) found = box_.end_linger(number);
    return found == lingering::due;
  }

  /// As a synchronous emit does with an idle plugin: takes the duty without queueing anything.
  void help() {
    if (!box_.begin_turn_for_event()) return;
    if (consumers_.fetch_add(1) != 0) one_at_a_time_ = false;
    consumers_.fetch_sub(1);
    if (box_.end_turn()) ++duties_;
  }

  void turn(std::minstd_rand& random) {
    while (auto task = box_.pop_control()) controls_.note(*task);
    for (auto n = random() % 4; n > 0; --n)
      if (auto request = box_.pop_request()) requests_.note(*request);
    std::vector<numbered> batch;
    if (const auto taken = box_.take_events(nullptr))
      for (std::size_t i = 0; i < taken->size(); ++i) batch.push_back((*taken)[i]);
    if (batch.size() > limits.events) bounds_kept_ = false;
    const auto begun = puts_back_ ? random() % (batch.size() + 1) : batch.size();
    std::vector<numbered> back(batch.begin() + static_cast<std::ptrdiff_t>(begun), batch.end());
    batch.resize(begun);
    for (const auto& e : batch) {
      events_.note(e);
      if (e.number < newest_mark_[e.producer]) marks_after_events_ = false;
    }
    if (!back.empty()) box_.put_back(std::move(back));
    while (auto mark = box_.pop_mark()) {
      marks_.note(*mark);
      newest_mark_[mark->producer] = mark->number;
    }
  }

  const unsigned seed_;
  const bool puts_back_ = seed_ % 2 == 0;  ///< That may go past the bounds.
  box_type box_{limits, 1 + seed_ * 3};
  std::atomic<int> duties_{0};
  std::atomic<bool> over_{false};
  std::atomic<int> consumers_{0};
  std::atomic<bool> one_at_a_time_{true};
  std::atomic<bool> bounds_kept_{true};
  std::atomic<std::size_t> accepted_events_{0};
  std::atomic<std::size_t> accepted_requests_{0};
  std::atomic<std::size_t> accepted_controls_{0};
  std::atomic<std::size_t> accepted_marks_{0};
  std::atomic<std::size_t> evicted_{0};

  // Of whoever has the duty, and no lock of ours guards them: a sanitizer sees it if two have it.
  lane_record events_;
  lane_record requests_;
  lane_record controls_;
  lane_record marks_;
  bool marks_after_events_ = true;
  std::vector<int> newest_mark_ = std::vector<int>(producers, -1);
};

class InboxProperty : public ::testing::TestWithParam<unsigned> {};

TEST_P(InboxProperty, LosesAndDoublesNothingKeepsOrderAndBoundsAndHasOneConsumerAtATime) {
  hustle all{GetParam()};
  all.run(4'000);
  all.check();
}

INSTANTIATE_TEST_SUITE_P(Seeds, InboxProperty, ::testing::Range(1U, 5U));

}  // namespace
}  // namespace streamspace
