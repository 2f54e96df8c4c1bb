#include <algorithm>
#include <iterator>

#include <streamspace/actors/worker_beds.hpp>
#include <streamspace/plugins/sdk/blocking_scope.hpp>

namespace streamspace {

worker_beds::bed& worker_beds::take(const turn_thread& who) {
  const auto free = std::find_if(beds_.begin(), beds_.end(), [](const bed& b) { return !b.whose; });
  auto& taken = free == beds_.end() ? beds_.emplace_back() : *free;
  taken.whose = &who;
  return taken;
}

std::size_t worker_beds::away() const {
  const auto here = present_processor();
  const auto* const caller = turn_thread::current();
  const auto held_up = std::count_if(beds_.begin(), beds_.end(), [&](const bed& b) {
    return here >= 0 && b.called_near_on == here && b.whose != caller;
  });
  return asleep_.size() + settling_ + static_cast<std::size_t>(held_up);
}

worker_beds::called worker_beds::call(bool at_any_price) {
  called all;
  const auto here = present_processor();
  const bool goes_on = turn_thread::current() != nullptr;
  auto& [near, elsewhere] = all.beds_;
  if (!goes_on) near = call_last(here, true);
  if (!near || at_any_price || !near_calls_.are_served_soon()) elsewhere = call_last(here, false);
  if (!near && !elsewhere) near = call_last(here, true);
  return all;
}

worker_beds::bed* worker_beds::call_last(int processor, bool near) {
  const auto found = std::find_if(asleep_.rbegin(), asleep_.rend(),
                                  [&](const bed* b) { return near == (processor >= 0 && b->sleeps_on == processor); });
  if (found == asleep_.rend()) return nullptr;
  auto* const b = *found;
  asleep_.erase(std::next(found).base());
  b->is_called = true;
  if (near) {
    b->called_near_on = processor;
    b->called_near_at = std::chrono::steady_clock::now();
  }
  ++coming_;
  return b;
}

int worker_beds::choose_processor(const processor_set& usable) const {
  if (usable.size() < 2) return -1;
  const auto free = [&](int p) {
    return std::none_of(beds_.begin(), beds_.end(), [&](const bed& b) { return b.sleeps_on == p; });
  };
  const auto here = present_processor();
  return usable.has(here) && free(here) ? here : usable.find(free);
}

}  // namespace streamspace
