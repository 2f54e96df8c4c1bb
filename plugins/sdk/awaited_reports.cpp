#include <string>
#include <utility>

#include <streamspace/messages/error.hpp>
#include <streamspace/plugins/sdk/awaited_reports.hpp>

namespace streamspace {

awaited_reports::callback awaited_reports::expect(callback done) {
  std::lock_guard lock{mutex_};
  if (awaited_.size() >= most)
    throw error{ec::unavailable, "the plugin waits for " + std::to_string(most) +
                                     " reports already; wait for some of them before you emit more"};
  const auto number = next_++;
  awaited_.emplace(number, std::move(done));
  return [me = weak_from_this(), number](sync_report report) {
    if (const auto self = me.lock()) self->bring(number, std::move(report));
  };
}

void awaited_reports::give_up() {
  std::map<std::uint64_t, callback> gone;
  std::lock_guard lock{mutex_};
  gone.swap(awaited_);
}

void awaited_reports::bring(std::uint64_t number, sync_report report) {
  turns_->post([me = weak_from_this(), number, report = std::move(report)]() mutable {
    const auto self = me.lock();
    if (const auto done = self ? self->take(number) : callback{}) done(std::move(report));
  });
}

awaited_reports::callback awaited_reports::take(std::uint64_t number) {
  std::lock_guard lock{mutex_};
  auto found = awaited_.extract(number);
  return found ? std::move(found.mapped()) : callback{};
}

}  // namespace streamspace
