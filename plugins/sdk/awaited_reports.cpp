#include <string>
#include <utility>

#include <streamspace/messages/error.hpp>
#include <streamspace/plugins/sdk/awaited_reports.hpp>

namespace streamspace {

std::uint64_t awaited_reports::keep(std::unique_ptr<waiting> one) {
  std::lock_guard lock{mutex_};
  if (awaited_.size() >= most)
    throw error{ec::unavailable, "the plugin waits for " + std::to_string(most) +
                                     " reports already; wait for some of them before you ask for more"};
  const auto number = next_++;
  awaited_.emplace(number, std::move(one));
  return number;
}

void awaited_reports::give_up() {
  std::map<std::uint64_t, std::unique_ptr<waiting>> gone;
  std::lock_guard lock{mutex_};
  gone.swap(awaited_);
}

std::unique_ptr<awaited_reports::waiting> awaited_reports::take(std::uint64_t number) {
  std::lock_guard lock{mutex_};
  auto found = awaited_.extract(number);
  return found ? std::move(found.mapped()) : nullptr;
}

}  // namespace streamspace
