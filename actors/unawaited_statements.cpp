#include <utility>

#include <caf/event_based_actor.hpp>

#include <streamspace/actors/answer.hpp>
#include <streamspace/actors/unawaited_statements.hpp>

namespace streamspace {

void unawaited_statements::add(sql_statement statement, sql_deadline deadline, callback done) {
  {
    std::lock_guard lock{mutex_};
    waiting_.push_back({std::move(statement), deadline, clock::now() + deadline, std::move(done)});
  }
  begin_some();
}

void unawaited_statements::begin_some() {
  while (true) {
    waiting next;
    bool late = false;
    {
      std::lock_guard lock{mutex_};
      if (waiting_.empty() || with_the_pool_ == most_with_the_pool || login_state_ == login_state::asked_for) return;
      if (login_state_ == login_state::unknown) {
        login_state_ = login_state::asked_for;
        return learn_login();
      }
      next = std::move(waiting_.front());
      waiting_.pop_front();
      late = next.until <= clock::now();
      if (!late) ++with_the_pool_;
    }
    if (late)
      next.done(failure(ec::timeout, "no database connection became free before the deadline"));
    else
      ask_pool(std::move(next));
  }
}

void unawaited_statements::learn_login() {
  system_.spawn<caf::detached>([me = shared_from_this()](caf::event_based_actor*) {
    const auto login = attempted(me->login_);
    std::deque<waiting> refused;
    {
      std::lock_guard lock{me->mutex_};
      me->login_state_ = login ? login_state::known : login_state::unknown;
      if (!login) refused.swap(me->waiting_);
    }
    for (const auto& one : refused) one.done(tl::unexpected<error>{login.error()});
    me->begin_some();
  });
}

void unawaited_statements::ask_pool(waiting what) {
  system_.spawn([me = shared_from_this(), what = std::move(what)](caf::event_based_actor* self) {
    const auto login = attempted(me->login_);
    if (!login) return me->end(what.done, tl::unexpected<error>{login.error()});
    self->request(me->pool_, 2 * what.deadline + answer_grace, atom::exec_v, *login, what.statement, what.deadline)
        .then([me, done = what.done](sql_result& rows) { me->end(done, std::move(rows)); },
              [me, done = what.done](const caf::error& e) { me->end(done, tl::unexpected<error>{from_caf(e)}); });
  });
}

void unawaited_statements::end(const callback& done, result<sql_result> answer) {
  {
    std::lock_guard lock{mutex_};
    --with_the_pool_;
  }
  done(std::move(answer));
  begin_some();
}

}  // namespace streamspace
