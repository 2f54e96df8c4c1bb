#include <set>
#include <utility>
#include <vector>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>

#include <streamspace/messages/caf/errors.hpp>
#include <streamspace/plugins/actor_sdk/turn_unit.hpp>
#include <streamspace/plugins/sdk/plugin_crash.hpp>

namespace streamspace {

namespace {

/// So many messages of one actor are handled before another actor has its turn, and so many times that is done before
/// another item of the plugin has its.
constexpr std::size_t most_messages = 50;
constexpr std::size_t most_runs = 200;

std::string text_of(caf::actor_system& system, const caf::error& why) {
  return why ? system.render(why) : "it is done";
}

}  // namespace

turn_unit::~turn_unit() {
  for (auto* ready : ready_) caf::intrusive_ptr_release(ready);
}

void turn_unit::own(const caf::strong_actor_ptr& actor, role as) {
  const auto id = actor->id();
  {
    const std::lock_guard lock{mutex_};
    owned_.emplace(id, actor->address());
  }
  actor->get()->attach_functor([me = shared_from_this(), id, as](const caf::error& why) { me->ended(id, as, why); });
}

void turn_unit::ended(caf::actor_id who, role as, const caf::error& why) noexcept {
  {
    const std::lock_guard lock{mutex_};
    owned_.erase(who);
    changed_.notify_all();
    if (now_ != stage::open) return;
  }
  if (as == role::leader)
    post_failure([what = "its actor has ended: " + text_of(system(), why)] { throw plugin_crash{what}; });
  else if (why && why != caf::exit_reason::normal && why != caf::sec::runtime_error)  // That has been told (failed).
    post_failure([what = "an actor of the plugin has ended: " + text_of(system(), why)] {
      throw error{ec::plugin_failed, what};
    });
}

void turn_unit::post_failure(std::function<void()> thrower) noexcept {
  turns_->post(std::move(thrower));
}

void turn_unit::exec_later(caf::resumable* ready) {
  adopt_stray(*ready);
  {
    std::unique_lock lock{mutex_};
    if (now_ == stage::closed) {
      lock.unlock();
      // One that is reached after the plugin's end has nothing left to do but to end.
      return system().scheduler().enqueue(ready);
    }
    ready_.push_back(ready);
    changed_.notify_all();
    if (running_ || std::exchange(posted_, true)) return;
  }
  run_in_later_turn();
}

void turn_unit::run_in_later_turn() {
  turns_->post([me = shared_from_this()] {
    {
      const std::lock_guard lock{me->mutex_};
      me->posted_ = false;
    }
    me->run();
  });
}

/// An actor that another one has made begins in the same unit, and has the plugin's code without keeping it in memory.
void turn_unit::adopt_stray(caf::resumable& ready) {
  auto* const actor = dynamic_cast<caf::scheduled_actor*>(&ready);
  if (!actor) return;
  {
    const std::lock_guard lock{mutex_};
    if (now_ == stage::closed || owned_.contains(actor->id())) return;
  }
  static std::mutex kept_mutex;
  static auto* const kept_for_ever = new std::set<std::shared_ptr<const void>>;
  if (code_) {
    const std::lock_guard lock{kept_mutex};
    kept_for_ever->insert(code_);
  }
  own(caf::actor_cast<caf::strong_actor_ptr>(actor), role::stray);
}

void turn_unit::begin(caf::scheduled_actor& actor) {
  begins_ = true;
  actor.launch(this, false, false);
  if (!in_run_) run();
  begins_ = false;
  if (const auto thrown = std::exchange(thrown_, nullptr)) std::rethrow_exception(thrown);
}

void turn_unit::run() {
  in_run_ = true;
  run_ready();
  in_run_ = false;
}

void turn_unit::run_ready() {
  for (std::size_t runs = 0;; ++runs) {
    caf::resumable* next = nullptr;
    {
      const std::lock_guard lock{mutex_};
      running_ = !ready_.empty() && (runs < most_runs || now_ == stage::ending);
      if (!running_) {
        if (ready_.empty() || std::exchange(posted_, true)) return;
        break;
      }
      next = ready_.front();
      ready_.pop_front();
    }
    if (next->resume(this, most_messages) == caf::resumable::resume_later) {
      const std::lock_guard lock{mutex_};
      ready_.push_back(next);
    } else {
      caf::intrusive_ptr_release(next);
    }
  }
  run_in_later_turn();
}

bool turn_unit::deliver(const caf::strong_actor_ptr& to, caf::mailbox_element_ptr what) {
  const auto* const before = std::exchange(delivered_, what.get());
  matched_ = true;
  to->get()->enqueue(std::move(what), this);
  run();
  delivered_ = before;
  if (const auto thrown = std::exchange(thrown_, nullptr)) std::rethrow_exception(thrown);
  return matched_;
}

void turn_unit::failed(const caf::mailbox_element* at, const std::exception_ptr& what) noexcept {
  if (at ? at == delivered_ : begins_) {
    thrown_ = what;
    return;
  }
  failed_apart(what);
}

void turn_unit::failed_apart(const std::exception_ptr& what) noexcept {
  // What was thrown may be of a type of the plugin's, and outlive its code.
  try {
    std::rethrow_exception(what);
  } catch (const plugin_crash& e) {
    post_failure([what = e.message()] { throw plugin_crash{what}; });
  } catch (...) {
    const auto text = describe_current_exception();
    post_failure([what = "an actor of the plugin threw " + text.type + ": " + text.what] {
      throw error{ec::plugin_failed, what};
    });
  }
}

void turn_unit::unmatched(const caf::message_view& what) noexcept {
  if (&what == static_cast<const caf::message_view*>(delivered_)) matched_ = false;
}

std::vector<caf::strong_actor_ptr> turn_unit::present() const {
  std::vector<caf::strong_actor_ptr> all;
  const std::lock_guard lock{mutex_};
  for (const auto& [id, address] : owned_)
    if (auto actor = caf::actor_cast<caf::strong_actor_ptr>(address)) all.push_back(std::move(actor));
  return all;
}

void turn_unit::end() noexcept {
  {
    const std::lock_guard lock{mutex_};
    if (now_ == stage::closed) return;
    now_ = stage::ending;
  }
  // Those that trap a shutdown may do so to clean up; nobody traps the other.
  for (const auto reason : {caf::exit_reason::user_shutdown, caf::exit_reason::kill}) {
    for (const auto& actor : present()) caf::anon_send_exit(actor, reason);
    run();
  }
  std::unique_lock lock{mutex_};
  while (!owned_.empty()) {
    changed_.wait(lock, [this] { return owned_.empty() || !ready_.empty(); });
    lock.unlock();
    run();
    lock.lock();
  }
  now_ = stage::closed;
}

}  // namespace streamspace
