#include <algorithm>
#include <type_traits>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <streamspace/actors/db_pool.hpp>
#include <streamspace/messages/time.hpp>

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

bool db_pool_state::at_its_bound(const db_login_ptr& login) const {
  if (!login) return false;
  const auto used = std::count_if(slots_.begin(), slots_.end(), [&](const slot_type& s) {
    return s.busy && s.login && s.login->plugin == login->plugin;
  });
  return static_cast<std::size_t>(used) >= options_.max_of_a_plugin;
}

std::optional<std::size_t> db_pool_state::find_slot(const db_login_ptr& login) {
  if (at_its_bound(login)) return std::nullopt;
  std::optional<std::size_t> anothers;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].busy) continue;
    if (slots_[i].login == login) return i;
    anothers = i;
  }
  if (slots_.size() < options_.max_connections) return open();
  return anothers;
}

void db_pool_state::with_connection(db_login_ptr login, sql_deadline deadline, std::function<void(std::size_t)> work,
                                    std::function<void(const error&)> refuse) {
  if (const auto slot = find_slot(login)) {
    serve(*slot, login, work, std::move(refuse));
  } else if (waiting_.size() >= options_.max_waiting && !drop_late()) {
    refuse({ec::unavailable, "the database pool has " + std::to_string(waiting_.size()) +
                                 " statements waiting and takes no more; try again shortly"});
  } else {
    waiting_.push_back({clock::now() + deadline, std::move(login), std::move(work), std::move(refuse)});
    wake_by(waiting_.back().until);
  }
}

void db_pool_state::serve(std::size_t slot, const db_login_ptr& login, const std::function<void(std::size_t)>& work,
                          std::function<void(const error&)> refuse) {
  auto& s = slots_[slot];
  s.busy = true;
  s.close_at.reset();
  s.login = login;
  s.connection->work_for(login);
  s.refuse = std::move(refuse);
  work(slot);
}

void db_pool_state::give_back(std::size_t slot) {
  slots_[slot].refuse = nullptr;
  slots_[slot].busy = false;
  const auto at = clock::now();
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    if (next->until > at && at_its_bound(next->login)) {
      ++next;
      continue;
    }
    const auto due = std::move(*next);
    next = waiting_.erase(next);
    if (due.until > at) return serve(slot, due.login, due.work, due.refuse);
    refuse_late(due);
  }
  slots_[slot].close_at = at + options_.idle_timeout;
  wake_by(*slots_[slot].close_at);
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

void db_pool_state::report_held(clock::time_point at) {
  for (auto& s : slots_) {
    if (!s.report_at || *s.report_at > at) continue;
    s.report_at.reset();
    const auto whose = s.login ? "plugin " + s.login->plugin : std::string{"the platform"};
    const auto seconds = std::chrono::duration<double>(options_.report_held_after).count();
    options_.log({"runtime",
                  log_level::warn,
                  whose + " holds a database transaction open for long",
                  {{"plugin", s.login ? json(s.login->plugin) : json(nullptr)}, {"seconds", seconds}},
                  now()});
  }
}

void db_pool_state::close_idle(clock::time_point at) {
  for (auto& s : slots_) {
    if (!s.close_at || *s.close_at > at) continue;
    s.close_at.reset();
    self_->send(s.actor, atom::close_v);
  }
}

void db_pool_state::on_wake() {
  const auto at = clock::now();
  drop_late();
  report_held(at);
  close_idle(at);
  next_wake_.reset();
  for (const auto& w : waiting_) wake_by(w.until);
  for (const auto& s : slots_)
    for (const auto& due : {s.close_at, s.report_at})
      if (due) wake_by(*due);
}

void db_pool_state::sever(std::size_t slot) {
  slots_[slot].connection->sever();
  give_back(slot);
}

void db_pool_state::lend(std::size_t slot, const caf::strong_actor_ptr& to) {
  slots_[slot].refuse = nullptr;
  slots_[slot].borrower = caf::actor_cast<caf::actor_addr>(to);
  self_->monitor(slots_[slot].borrower);
  slots_[slot].report_at = clock::now() + options_.report_held_after;
  wake_by(*slots_[slot].report_at);
}

void db_pool_state::release(const db_connection_actor& connection) {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    auto& slot = slots_[i];
    if (slot.actor != connection || !slot.borrower) continue;
    self_->demonitor(slot.borrower);
    slot.borrower = {};
    slot.report_at.reset();
    self_->request(slot.actor, reset_allowed, atom::reset_v)
        .then([this, i] { give_back(i); }, [this, i](const caf::error&) { sever(i); });
  }
}

void db_pool_state::release_all_of(const caf::actor_addr& borrower) {
  for (const auto& slot : slots_)
    if (slot.borrower == borrower) release(slot.actor);
}

db_pool_self::behavior_type db_pool(db_pool_state::pointer self, db_pool_options options) {
  auto& state = self->state;
  state.begin(self, std::move(options));

  /// Has the connection do something and answers with what comes of it.
  const auto run = [self, &state](auto promise, const db_login_ptr& login, sql_deadline deadline, auto what,
                                  const auto& argument) {
    state.with_connection(
        login, deadline,
        [self, &state, promise, deadline, what, argument](std::size_t slot) mutable {
          const auto failed = [&state, promise, slot](const caf::error& e) mutable {
            is_silence(e) ? state.sever(slot) : state.give_back(slot);
            promise.deliver(e);
          };
          auto asked = self->request(state.connection(slot), deadline + silence_allowed, what, argument, deadline);
          if constexpr (std::is_same_v<decltype(promise), caf::typed_response_promise<sql_result>>)
            asked.then(
                [&state, promise, slot](sql_result& rows) mutable {
                  state.give_back(slot);
                  promise.deliver(std::move(rows));
                },
                failed);
          else
            asked.then(
                [&state, promise, slot]() mutable {
                  state.give_back(slot);
                  promise.deliver(caf::unit);
                },
                failed);
        },
        [promise](const error& e) mutable { promise.deliver(to_caf(e)); });
    return promise;
  };

  return {
      [self, run](atom::exec, const sql_statement& statement, sql_deadline deadline) {
        return run(self->make_response_promise<sql_result>(), nullptr, deadline, atom::exec_v, statement);
      },
      [self, run](atom::exec, const db_login_ptr& login, const sql_statement& statement, sql_deadline deadline) {
        return run(self->make_response_promise<sql_result>(), login, deadline, atom::exec_v, statement);
      },
      [self, run](atom::script, const db_login_ptr& login, const std::string& script, sql_deadline deadline) {
        run(self->make_response_promise(), login, deadline, atom::script_v, script);
      },
      [self, &state](atom::lease, const db_login_ptr& login, sql_deadline deadline) {
        auto borrower = self->current_sender();  // The promise takes it over.
        auto promise = self->make_response_promise<db_connection_actor>();
        state.with_connection(
            login, deadline,
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
