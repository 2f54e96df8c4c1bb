#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/inbox.hpp>

namespace streamspace::testing {

/// An event that counts for so many bytes.
struct sized {
  int number = 0;
  std::size_t size = 1;
  std::size_t bytes() const { return size; }
  friend bool operator==(const sized& a, int number) { return a.number == number; }
};

using box_type = inbox<std::string, int, sized>;
using result = box_type::push_result;

/// An inbox with room for four events of 100 bytes together and two requests.
struct inbox_bed : ::testing::Test {
  explicit inbox_bed(inbox_limits limits = {.events = 4, .requests = 2, .event_bytes = 100}) : box{limits, 1} {
    box.set_open(true, true);
  }

  result push(int number, std::size_t size = 1) { return box.push_event({number, size}); }
  std::vector<int> take(std::size_t most = 1'000) {
    std::vector<int> numbers;
    for (const auto& e : take_batch(most)) numbers.push_back(e.number);
    return numbers;
  }
  std::vector<sized> take_batch(std::size_t most) {
    std::vector<sized> batch;
    box_type::event_chunk taken;
    while (batch.size() < most && (taken = box.take_events(std::move(taken)))) batch.push_back((*taken)[0]);
    return batch;
  }
  /// Everything in the order in which a consumer gets it.
  std::vector<std::string> drain() {
    std::vector<std::string> all;
    while (auto task = box.pop_control()) all.push_back(*task);
    while (auto request = box.pop_request()) all.push_back(std::to_string(*request));
    for (const auto number : take()) all.push_back(std::to_string(number));
    while (auto task = box.pop_mark()) all.push_back(*task);
    return all;
  }

  box_type box;
};

}  // namespace streamspace::testing
