#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <caf/response_promise.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/actors/database.hpp>
#include <streamspace/actors/db_connection.hpp>

namespace streamspace {

/// The pool as it is to itself: it wakes when the next deadline of a statement that waits is over.
using db_pool_self = db_pool_actor::extend<caf::reacts_to<atom::expire>>;

/// The pool's own: connections are opened up to the bound as work needs them, work waits in the order in which it came.
class db_pool_state {
 public:
  static constexpr const char* name = "streamspace.db-pool";
  using pointer = db_pool_self::stateful_pointer<db_pool_state>;
  using clock = std::chrono::steady_clock;

  db_pool_state() = default;
  db_pool_state(const db_pool_state&) = delete;
  db_pool_state& operator=(const db_pool_state&) = delete;
  /// Cuts off what runs and refuses what waits, so that nobody waits for an answer that never comes.
  ~db_pool_state();

  void begin(pointer self, db_pool_options options);

  /// Calls `work` with a connection of this login, now or when one is free; `refuse` when none was until the deadline
  /// or too many wait.
  void with_connection(db_login_ptr login, sql_deadline deadline, std::function<void(std::size_t slot)> work,
                       std::function<void(const error&)> refuse);
  /// Gives a connection back, clean.
  void give_back(std::size_t slot);
  /// Cuts a connection off that no longer answers, and gives it back.
  void sever(std::size_t slot);
  void lend(std::size_t slot, const caf::strong_actor_ptr& to);
  void release(const db_connection_actor& connection);
  void release_all_of(const caf::actor_addr& borrower);
  /// Refuses those whose deadline has passed while they waited, tells of what is held for long, and closes what nobody
  /// uses.
  void on_wake();
  const db_connection_actor& connection(std::size_t slot) const { return slots_[slot].actor; }

 private:
  struct slot_type {
    db_connection_actor actor;
    std::shared_ptr<severable_connection> connection;
    db_login_ptr login;  ///< Whose it is, or was last.
    bool busy = false;
    std::optional<clock::time_point> close_at;  ///< While it is idle and open.
    caf::actor_addr borrower;
    std::optional<clock::time_point> report_at;  ///< While it is lent, until that is told.
    std::function<void(const error&)> refuse;    ///< For the statement that runs; empty without one.
  };
  struct waiting_type {
    clock::time_point until;
    db_login_ptr login;
    std::function<void(std::size_t)> work;
    std::function<void(const error&)> refuse;
  };

  /// An idle connection for this login, or a new one; nothing when neither may be had now.
  std::optional<std::size_t> find_slot(const db_login_ptr& login);
  /// Whether the plugin uses as many as it may.
  bool at_its_bound(const db_login_ptr& login) const;
  std::size_t open();
  void serve(std::size_t slot, const db_login_ptr& login, const std::function<void(std::size_t)>& work,
             std::function<void(const error&)> refuse);
  /// Refuses those whose deadline has passed; whether there were any.
  bool drop_late();
  static void refuse_late(const waiting_type& waiting);
  void report_held(clock::time_point at);
  void close_idle(clock::time_point at);
  /// Sees to it that a wake comes at `until` or before.
  void wake_by(clock::time_point until);

  pointer self_ = nullptr;
  db_pool_options options_;
  std::vector<slot_type> slots_;
  std::deque<waiting_type> waiting_;
  std::optional<clock::time_point> next_wake_;
};

db_pool_self::behavior_type db_pool(db_pool_state::pointer self, db_pool_options options);

}  // namespace streamspace
