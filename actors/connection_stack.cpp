#include <utility>

#include <streamspace/actors/connection_stack.hpp>

namespace streamspace {

connection_stack::connection_stack(settings how, std::shared_ptr<deadline_timer> timer)
    : settings_{std::move(how)}, timer_{std::move(timer)} {}

result<sql_result> connection_stack::execute(const sql_statement& statement, std::chrono::milliseconds deadline) {
  try {
    auto on = take();
    const auto silent =
        timer_->at(deadline_timer::clock::now() + deadline + settings_.silence_allowed, [cut_off = std::weak_ptr{on}] {
          if (const auto present = cut_off.lock()) present->sever();
        });
    const auto give_back = [&] {
      if (!timer_->cancel(silent)) return;
      std::lock_guard lock{mutex_};
      idle_.push_back(std::move(on));
    };
    try {
      auto rows = on->execute_prepared(statement, deadline);
      give_back();
      return rows;
    } catch (...) {
      give_back();
      throw;
    }
  } catch (const error& e) {
    return tl::unexpected<error>{e};
  }
}

std::shared_ptr<pg_connection> connection_stack::take() {
  while (true) {
    std::shared_ptr<pg_connection> last;
    {
      std::lock_guard lock{mutex_};
      if (idle_.empty()) break;
      last = std::move(idle_.back());
      idle_.pop_back();
    }
    if (last->usable()) return last;
  }
  return std::make_shared<pg_connection>(settings_.url, settings_.connect_timeout);
}

}  // namespace streamspace
