#include <algorithm>
#include <utility>

#include <caf/send.hpp>

#include <streamspace/actors/event_log_keeper.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {

namespace {

/// What all subscriptions want is asked for at every so many looks.
constexpr int looks_a_question = 4;

std::pair<std::string, std::string> key_of(const subscription& s) {
  return {s.plugin, s.durable->name};
}

}  // namespace

void event_log_keeper_state::begin(pointer self, event_log_keeper_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
}

void event_log_keeper_state::query(sql_statement statement, std::function<void(result<sql_result>)> then) {
  self_
      ->request(setup_.database, 2 * setup_.deadline, atom::exec_v, std::move(statement), sql_deadline{setup_.deadline})
      .then([then](sql_result& rows) { then(std::move(rows)); },
            [then](const caf::error& e) { then(tl::unexpected<error>{from_caf(e)}); });
}

// -- followers ------------------------------------------------------------------------------------------------------

void event_log_keeper_state::follow(const std::vector<durable_target>& targets) {
  std::set<std::pair<std::string, std::string>> wanted;
  for (const auto& target : targets) {
    wanted.insert(key_of(*target.subscription));
    assign(target);
  }
  for (auto it = followers_.begin(); it != followers_.end(); ++it)
    if (!wanted.contains(it->first)) let_go(it);
}

void event_log_keeper_state::assign(const durable_target& target) {
  const auto key = key_of(*target.subscription);
  auto& of = followers_[key];
  if (of.follower && !of.target) {
    of.next = target;
    return;
  }
  if (of.target == target.subscription) return;
  if (!of.follower)
    of.follower = self_->spawn<caf::linked>(event_follower_behavior, event_follower_setup{{key.first, key.second},
                                                                                          setup_.holder,
                                                                                          setup_.database,
                                                                                          setup_.deadline,
                                                                                          setup_.lease,
                                                                                          setup_.events,
                                                                                          setup_.next_letter,
                                                                                          setup_.log});
  of.target = target.subscription;
  self_->send(of.follower, atom::follow_v, target);
}

void event_log_keeper_state::let_go(followed_map::iterator of) {
  auto& [key, entry] = *of;
  entry.next.reset();
  if (!std::exchange(entry.target, {})) return;
  const auto gone = [this, key = key] {
    const auto next = followers_[key].next;
    followers_.erase(key);
    if (next) assign(*next);
    answer_stop();
  };
  self_->request(entry.follower, caf::infinite, atom::stop_v).then(gone, [gone](const caf::error&) { gone(); });
}

void event_log_keeper_state::stop(caf::response_promise promise) {
  stopped_ = std::move(promise);
  follow({});
  answer_stop();
}

void event_log_keeper_state::answer_stop() {
  if (!followers_.empty()) return;
  if (auto promise = std::exchange(stopped_, std::nullopt)) promise->deliver(caf::unit);
}

// -- news -----------------------------------------------------------------------------------------------------------

void event_log_keeper_state::wake(const std::set<std::string>& types) {
  for (const auto& [key, of] : followers_)
    if (of.target && std::any_of(types.begin(), types.end(),
                                 [&pattern = of.target->pattern](const auto& type) { return matches(pattern, type); }))
      self_->send(of.follower, atom::write_v);
}

void event_log_keeper_state::wake_all() {
  for (const auto& [key, of] : followers_)
    if (of.target) self_->send(of.follower, atom::write_v);
}

void event_log_keeper_state::tell_news() {
  wake(setup_.news->take());
}

void event_log_keeper_state::look() {
  if (looks_++ % looks_a_question == 0) ask_what_is_wanted();
  query(find_event_log_head(), [this](const result<sql_result>& rows) {
    if (rows) {
      const auto before = std::exchange(seen_, read_event_log_head(*rows));
      if (seen_ != before) wake_all();
    }
    self_->delayed_send(event_log_keeper_actor{self_}, setup_.look_every, atom::find_v);
  });
}

void event_log_keeper_state::ask_what_is_wanted() {
  query(list_cursors(), [this](const result<sql_result>& rows) {
    if (!rows) return;
    std::vector<std::string> patterns;
    for (auto& cursor : read_cursors(*rows)) patterns.push_back(std::move(cursor.pattern));
    setup_.wanted(std::move(patterns));
  });
}

// -- tables ---------------------------------------------------------------------------------------------------------

void tell_dropped_days(const sql_result& rows, const log_sink& log) {
  for (const auto& [day, left_behind] : read_dropped_days(rows)) {
    if (left_behind.empty())
      log({"runtime", log_level::info, "the event log has dropped an old day", {{"day", day}}, now()});
    else
      log({"runtime",
           log_level::error,
           "the event log has dropped an old day that durable subscriptions had not come past; they never hear what it "
           "had for them",
           {{"day", day}, {"subscriptions", left_behind}},
           now()});
  }
}

void event_log_keeper_state::keep() {
  query(keep_event_log(event_log_days_ahead, setup_.days_kept), [this](const result<sql_result>& rows) {
    if (!rows)
      setup_.log({"runtime",
                  log_level::error,
                  "the event log's tables could not be kept in order; it is tried again in an hour",
                  {{"what", rows.error().message()}},
                  now()});
    else
      tell_dropped_days(*rows, setup_.log);
    self_->delayed_send(event_log_keeper_actor{self_}, setup_.keep_every, atom::expire_v);
  });
}

event_log_keeper_actor::behavior_type event_log_keeper(event_log_keeper_state::pointer self,
                                                       event_log_keeper_setup setup) {
  setup.news->on_news([me = self->address()] {
    if (const auto present = caf::actor_cast<event_log_keeper_actor>(me)) caf::anon_send(present, atom::write_v);
  });
  self->delayed_send(event_log_keeper_actor{self}, setup.keep_every, atom::expire_v);
  self->state.begin(self, std::move(setup));
  self->send(event_log_keeper_actor{self}, atom::find_v);
  return {
      [self](atom::follow, const std::vector<durable_target>& targets) { self->state.follow(targets); },
      [self](atom::write) { self->state.tell_news(); },
      [self](atom::stop) { self->state.stop(self->make_response_promise()); },
      [self](atom::find) { self->state.look(); },
      [self](atom::expire) { self->state.keep(); },
  };
}

}  // namespace streamspace
