#include <algorithm>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <streamspace/actors/db_pool.hpp>

namespace streamspace {

namespace {

/// The server ends a statement at its deadline; a connection that is silent this much longer is cut off.
constexpr std::chrono::milliseconds silence_allowed{1'000};
/// A borrower that ends in the middle of a statement leaves it running; past this the connection is cut off.
constexpr std::chrono::milliseconds reset_allowed{6'000};

/// Whether the connection did not answer at all; a statement that the server ended at its deadline is an answer.
bool is_silence(const caf::error& e) {
  return e == caf::sec::request_timeout;
}

}  // namespace

db_pool_state::~db_pool_state() {
  const error ended{ec::unavailable, "the database pool has ended"};
  for (const auto& slot : slots_) {
    slot.connection->sever();
    if (slot.refuse) slot.refuse(ended);
  }
  for (const auto& waiting : waiting_) waiting.refuse(ended);
}

void db_pool_state::begin(pointer self, db_pool_options options) {
  self_ = self;
  options_ = std::move(options);
  self->set_down_handler([this](const caf::down_msg& down) { release_all_of(down.source); });
}

std::size_t db_pool_state::open() {
  slot_type slot;
  slot.connection = std::make_shared<severable_connection>();
  slot.actor = self_->spawn<caf::detached + caf::linked>(db_connection, options_, slot.connection);
  slots_.push_back(std::move(slot));
  return slots_.size() - 1;
}

void db_pool_state::with_connection(sql_deadline deadline, std::function<void(std::size_t)> work,
                                    std::function<void(const error&)> refuse) {
  const auto idle = std::find_if(slots_.begin(), slots_.end(), [](const auto& s) { return !s.busy; });
  if (idle != slots_.end() || slots_.size() < options_.max_connections) {
    const auto slot = idle != slots_.end() ? static_cast<std::size_t>(idle - slots_.begin()) : open();
    slots_[slot].busy = true;
    serve(slot, work, std::move(refuse));
  } else if (waiting_.size() >= options_.max_waiting && !drop_late()) {
    refuse({ec::unavailable, "the database pool has " + std::to_string(waiting_.size()) +
                                 " statements waiting and takes no more; try again shortly"});
  } else {
    waiting_.push_back({clock::now() + deadline, std::move(work), std::move(refuse)});
    wake_by(waiting_.back().until);
  }
}

void db_pool_state::serve(std::size_t slot, const std::function<void(std::size_t)>& work,
                          std::function<void(const error&)> refuse) {
  slots_[slot].refuse = std::move(refuse);
  work(slot);
}

void db_pool_state::mark_free(std::size_t slot) {
  slots_[slot].refuse = nullptr;
  const auto at = clock::now();
  while (!waiting_.empty()) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    if (next.until > at) return serve(slot, next.work, std::move(next.refuse));
    refuse_late(next);
  }
  slots_[slot].busy = false;
}

bool db_pool_state::drop_late() {
  const auto at = clock::now();
  return std::erase_if(waiting_, [at](const waiting_type& w) {
           if (w.until > at) return false;
           refuse_late(w);
           return true;
         }) > 0;
}

void db_pool_state::refuse_late(const waiting_type& waiting) {
  waiting.refuse({ec::timeout, "no database connection became free before the deadline"});
}

void db_pool_state::wake_by(clock::time_point until) {
  if (next_wake_ && *next_wake_ <= until) return;
  next_wake_ = until;
  self_->delayed_send(db_pool_self{self_}, until - clock::now(), atom::expire_v);
}

void db_pool_state::on_wake() {
  drop_late();
  next_wake_.reset();
  const auto next = std::min_element(waiting_.begin(), waiting_.end(),
                                     [](const auto& a, const auto& b) { return a.until < b.until; });
  if (next != waiting_.end()) wake_by(next->until);
}

void db_pool_state::give_back(std::size_t slot) {
  mark_free(slot);
}

void db_pool_state::sever(std::size_t slot) {
  slots_[slot].connection->sever();
  mark_free(slot);
}

void db_pool_state::lend(std::size_t slot, const caf::strong_actor_ptr& to) {
  slots_[slot].refuse = nullptr;
  slots_[slot].borrower = caf::actor_cast<caf::actor_addr>(to);
  self_->monitor(slots_[slot].borrower);
}

void db_pool_state::release(const db_connection_actor& connection) {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    auto& slot = slots_[i];
    if (slot.actor != connection || !slot.borrower) continue;
    self_->demonitor(slot.borrower);
    slot.borrower = {};
    self_->request(slot.actor, reset_allowed, atom::reset_v)
        .then([this, i] { mark_free(i); }, [this, i](const caf::error&) { sever(i); });
  }
}

void db_pool_state::release_all_of(const caf::actor_addr& borrower) {
  for (const auto& slot : slots_)
    if (slot.borrower == borrower) release(slot.actor);
}

db_pool_self::behavior_type db_pool(db_pool_state::pointer self, db_pool_options options) {
  auto& state = self->state;
  state.begin(self, std::move(options));

  return {
      [self, &state](atom::exec, const sql_statement& statement, sql_deadline deadline) {
        auto promise = self->make_response_promise<sql_result>();
        state.with_connection(
            deadline,
            [self, &state, promise, statement, deadline](std::size_t slot) mutable {
              self->request(state.connection(slot), deadline + silence_allowed, atom::exec_v, statement, deadline)
                  .then(
                      [&state, promise, slot](sql_result& rows) mutable {
                        state.give_back(slot);
                        promise.deliver(std::move(rows));
                      },
                      [&state, promise, slot](const caf::error& e) mutable {
                        is_silence(e) ? state.sever(slot) : state.give_back(slot);
                        promise.deliver(e);
                      });
            },
            [promise](const error& e) mutable { promise.deliver(to_caf(e)); });
        return promise;
      },
      [self, &state](atom::script, const std::string& script, sql_deadline deadline) {
        auto promise = self->make_response_promise();
        state.with_connection(
            deadline,
            [self, &state, promise, script, deadline](std::size_t slot) mutable {
              self->request(state.connection(slot), deadline + silence_allowed, atom::script_v, script, deadline)
                  .then(
                      [&state, promise, slot]() mutable {
                        state.give_back(slot);
                        promise.deliver(caf::unit);
                      },
                      [&state, promise, slot](const caf::error& e) mutable {
                        is_silence(e) ? state.sever(slot) : state.give_back(slot);
                        promise.deliver(e);
                      });
            },
            [promise](const error& e) mutable { promise.deliver(to_caf(e)); });
      },
      [self, &state](atom::lease, sql_deadline deadline) {
        auto borrower = self->current_sender();  // The promise takes it over.
        auto promise = self->make_response_promise<db_connection_actor>();
        state.with_connection(
            deadline,
            [&state, promise, borrower](std::size_t slot) mutable {
              state.lend(slot, borrower);
              promise.deliver(state.connection(slot));
            },
            [promise](const error& e) mutable { promise.deliver(to_caf(e)); });
        return promise;
      },
      [&state](atom::release, const db_connection_actor& connection) { state.release(connection); },
      [&state](atom::expire) { state.on_wake(); },
  };
}

}  // namespace streamspace
