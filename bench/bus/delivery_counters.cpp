#include <algorithm>

#include <bench/await.hpp>
#include <bench/bus/delivery_counters.hpp>

#include <streamspace/messages/error.hpp>

namespace streamspace::bench {

namespace {

template <class Condition>
void demand(Condition done) {
  if (!await(done, std::chrono::seconds{30}))
    throw error{ec::timeout, "the subscribers did not handle what was sent within 30 s"};
}

}  // namespace

std::uint64_t delivery_counters::least() const noexcept {
  auto least = counters_.front().get();
  for (const auto& c : counters_) least = std::min(least, c.get());
  return least;
}

std::uint64_t delivery_counters::total() const noexcept {
  std::uint64_t total = 0;
  for (const auto& c : counters_) total += c.get();
  return total;
}

void delivery_counters::await_each(std::uint64_t events) const {
  demand([&] { return least() >= events; });
}

void delivery_counters::await_total(std::uint64_t events) const {
  demand([&] { return total() >= events; });
}

}  // namespace streamspace::bench
