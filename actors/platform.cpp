#include <streamspace/actors/answer.hpp>
#include <streamspace/actors/platform.hpp>
#include <streamspace/messages/event.hpp>
#include <streamspace/messages/names.hpp>
#include <streamspace/persistence/session_sql.hpp>
#include <streamspace/persistence/user_sql.hpp>

namespace streamspace {

namespace {

error no_such(std::string_view kind, const std::string& id) {
  return {ec::not_found, "there is no " + std::string{kind} + " with the id '" + id.substr(0, 80) + "'"};
}

/// Runs a step; what it throws before it has replied is the reply.
template <class T, class Step>
void guarded(const std::function<void(result<T>)>& reply, Step&& step) {
  try {
    step();
  } catch (const std::exception&) {
    reply(tl::unexpected<error>{current_error()});
  }
}

}  // namespace

void platform_state::begin(pointer self, platform_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
}

void platform_state::query(sql_statement statement, reply<sql_result> then) {
  self_
      ->request(setup_.database, 2 * setup_.deadline, atom::exec_v, std::move(statement), sql_deadline{setup_.deadline})
      .then([then](sql_result& rows) { guarded<sql_result>(then, [&] { then(std::move(rows)); }); },
            [then](const caf::error& e) { then(tl::unexpected<error>{from_caf(e)}); });
}

template <class T>
void platform_state::in_order(const std::string& id, reply<T> done, std::function<void(reply<T>)> step) {
  sequence_.run(id, [done, step](keyed_sequence::done next) {
    const reply<T> finish = [done, next](result<T> r) {
      done(std::move(r));
      next();
    };
    guarded<T>(finish, [&] { step(finish); });
  });
}

void platform_state::emit(event e) {
  setup_.events->emit(std::move(e));
}

// -- users ----------------------------------------------------------------------------------------------------------

void platform_state::with_hash(const std::optional<std::string>& password, reply<std::optional<std::string>> then) {
  if (!password) return then(std::optional<std::string>{});
  self_->request(setup_.passwords, setup_.deadline, atom::hash_v, *password)
      .then([then](std::string& hash) { then(std::optional{std::move(hash)}); },
            [then](const caf::error& e) { then(tl::unexpected<error>{from_caf(e)}); });
}

void platform_state::create_user(user_draft draft, reply<user> done) {
  user made;
  made.id = new_id();
  made.username = std::move(draft.username);
  made.email = std::move(draft.email);
  made.full_name = std::move(draft.full_name);
  made.role = std::move(draft.role);
  made.groups = std::move(draft.groups);
  made.quota = std::move(draft.quota);
  made.created_at = made.updated_at = now();
  with_hash(draft.password, [this, made, done](result<std::optional<std::string>> hash) {
    if (!hash) return done(tl::unexpected<error>{hash.error()});
    in_order<user>(made.id, done, [this, made, hash = *hash](reply<user> finish) {
      query(insert_user(made, hash), [this, made, finish](result<sql_result> rows) {
        if (!rows) return finish(tl::unexpected<error>{explain_user_error(rows.error())});
        const auto stored = read_user((*rows)[0]);
        emit(stored.created());
        finish(stored);
      });
    });
  });
}

void platform_state::find_user(const std::string& id, reply<user> done) {
  query(streamspace::find_user(id), [id, done](result<sql_result> rows) {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    if (rows->empty()) return done(tl::unexpected<error>{no_such("user", id)});
    done(read_user((*rows)[0]));
  });
}

void platform_state::list_users(page_request page, reply<user_page> done) {
  query(streamspace::list_users(page), [done](result<sql_result> rows) {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    done(read_user_page(*rows));
  });
}

void platform_state::change_user(const std::string& id, user_changes changes, reply<user> done) {
  // The hashing is part of the step: two new passwords take effect in the order in which they came.
  in_order<user>(id, done, [this, id, changes](reply<user> finish) {
    with_hash(changes.password, [this, id, changes, finish](result<std::optional<std::string>> hash) {
      if (!hash) return finish(tl::unexpected<error>{hash.error()});
      guarded<user>(finish, [&] {
        query(update_user(id, changes, *hash, now()), [this, id, finish](result<sql_result> rows) {
          if (!rows) return finish(tl::unexpected<error>{explain_user_error(rows.error())});
          if (rows->empty()) return finish(tl::unexpected<error>{no_such("user", id)});
          const auto stored = read_user((*rows)[0]);
          emit(stored.updated());
          finish(stored);
        });
      });
    });
  });
}

void platform_state::remove_user(const std::string& id, reply<user> done) {
  in_order<user>(id, done, [this, id](reply<user> finish) {
    query(streamspace::remove_user(id), [this, id, finish](result<sql_result> rows) {
      if (!rows) return finish(tl::unexpected<error>{explain_user_error(rows.error())});
      if (rows->empty()) return finish(tl::unexpected<error>{no_such("user", id)});
      const auto gone = read_user((*rows)[0]);
      emit(gone.deleted());
      finish(gone);
    });
  });
}

void platform_state::login(credentials who, reply<user> done) {
  query(find_user_credentials(who.username), [this, who, done](result<sql_result> rows) {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    auto [known, hash] = rows->empty() ? std::pair{std::optional<user>{}, std::string{}} : [&] {
      auto read = read_user_credentials((*rows)[0]);
      return std::pair{std::optional{std::move(read.who)}, read.password_hash.value_or("")};
    }();
    self_->request(setup_.passwords, setup_.deadline, atom::verify_v, hash, who.password)
        .then(
            [this, known = std::move(known), done](bool right) {
              if (!right || !known || !known->active)
                return done(failure(ec::unauthenticated, "the user name or the password is wrong"));
              in_order<user>(known->id, done, [this, id = known->id](reply<user> finish) {
                query(touch_user_login(id, now()), [this, id, finish](result<sql_result> touched) {
                  if (!touched) return finish(tl::unexpected<error>{touched.error()});
                  if (touched->empty()) return finish(tl::unexpected<error>{no_such("user", id)});
                  const auto stored = read_user((*touched)[0]);
                  emit(stored.login());
                  finish(stored);
                });
              });
            },
            [done](const caf::error& e) { done(tl::unexpected<error>{from_caf(e)}); });
  });
}

void platform_state::logout(const std::string& id, reply<user> done) {
  in_order<user>(id, done, [this, id](reply<user> finish) {
    find_user(id, [this, finish](result<user> known) {
      if (known) emit(known->logout());
      finish(std::move(known));
    });
  });
}

// -- sessions -------------------------------------------------------------------------------------------------------

void platform_state::create_session(session_draft draft, reply<session> done) {
  session made;
  made.id = new_id();
  made.user_id = std::move(draft.user_id);
  made.template_name = std::move(draft.template_name);
  made.team_id = std::move(draft.team_id);
  made.app_type = std::move(draft.app_type);
  made.name_space = std::move(draft.name_space);
  made.platform = std::move(draft.platform);
  made.memory = std::move(draft.memory);
  made.cpu = std::move(draft.cpu);
  made.persistent_home = draft.persistent_home;
  made.idle_timeout = std::move(draft.idle_timeout);
  made.max_session_duration = std::move(draft.max_session_duration);
  made.created_at = made.updated_at = now();
  in_order<session>(made.id, done, [this, made](reply<session> finish) {
    query(insert_session(made), [this, made, finish](result<sql_result> rows) {
      if (!rows) return finish(tl::unexpected<error>{explain_session_error(rows.error())});
      const auto stored = read_session((*rows)[0]);
      emit(stored.created());
      finish(stored);
    });
  });
}

void platform_state::find_session(const std::string& id, reply<session> done) {
  query(streamspace::find_session(id), [id, done](result<sql_result> rows) {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    if (rows->empty()) return done(tl::unexpected<error>{no_such("session", id)});
    done(read_session((*rows)[0]));
  });
}

void platform_state::list_sessions(session_filter filter, page_request page, reply<session_page> done) {
  query(streamspace::list_sessions(filter, page), [done](result<sql_result> rows) {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    done(read_session_page(*rows));
  });
}

void platform_state::change_session(const std::string& id, session_changes changes, reply<session> done) {
  in_order<session>(id, done, [this, id, changes](reply<session> finish) {
    query(update_session(id, changes, now()), [id, finish](result<sql_result> rows) {
      if (!rows) return finish(tl::unexpected<error>{explain_session_error(rows.error())});
      if (rows->empty()) return finish(tl::unexpected<error>{no_such("session", id)});
      finish(read_session((*rows)[0]));
    });
  });
}

void platform_state::remove_session(const std::string& id, reply<session> done) {
  in_order<session>(id, done, [this, id](reply<session> finish) {
    query(streamspace::remove_session(id), [this, id, finish](result<sql_result> rows) {
      if (!rows) return finish(tl::unexpected<error>{rows.error()});
      if (rows->empty()) return finish(tl::unexpected<error>{no_such("session", id)});
      const auto gone = read_session((*rows)[0]);
      emit(gone.deleted());
      finish(gone);
    });
  });
}

void platform_state::act(const std::string& id, session_action action, reply<session> done) {
  in_order<session>(id, done, [this, id, action](reply<session> finish) {
    const auto [from, to] = transition_of(action);
    query(transition_session(id, from, to, now()), [this, id, action, finish](result<sql_result> rows) {
      if (!rows) return finish(tl::unexpected<error>{rows.error()});
      if (!rows->empty()) {
        const auto stored = read_session((*rows)[0]);
        emit(event_of(action, stored));
        return finish(stored);
      }
      find_session(id, [action, finish](result<session> present) {
        if (!present) return finish(std::move(present));
        finish(failure(ec::conflict, "session '" + present->id + "' is " + std::string{to_string(present->state)} +
                                         "; it cannot " + std::string{to_string(action)} + " now"));
      });
    });
  });
}

// -- the actor ------------------------------------------------------------------------------------------------------

namespace {

constexpr std::type_identity<user> a_user;
constexpr std::type_identity<session> a_session;

}  // namespace

platform_actor::behavior_type platform(platform_state::pointer self, platform_setup setup) {
  self->state.begin(self, std::move(setup));
  const auto reply_to = [self](auto tag, auto&& work) {
    using value = typename decltype(tag)::type;
    auto promise = self->template make_response_promise<value>();
    const platform_state::reply<value> reply = [promise](result<value> r) mutable {
      r ? promise.deliver(std::move(*r)) : promise.deliver(to_caf(r.error()));
    };
    guarded<value>(reply, [&] { work(reply); });
    return promise;
  };
  auto& state = self->state;
  return {
      [&state, reply_to](atom::create, user_draft& draft) {
        return reply_to(a_user, [&](auto done) { state.create_user(std::move(draft), done); });
      },
      [&state, reply_to](atom::find, atom::user, const std::string& id) {
        return reply_to(a_user, [&](auto done) { state.find_user(id, done); });
      },
      [&state, reply_to](atom::list, const page_request& page) {
        return reply_to(std::type_identity<user_page>{}, [&](auto done) { state.list_users(page, done); });
      },
      [&state, reply_to](atom::change, const std::string& id, user_changes& changes) {
        return reply_to(a_user, [&](auto done) { state.change_user(id, std::move(changes), done); });
      },
      [&state, reply_to](atom::remove, atom::user, const std::string& id) {
        return reply_to(a_user, [&](auto done) { state.remove_user(id, done); });
      },
      [&state, reply_to](atom::login, credentials& who) {
        return reply_to(a_user, [&](auto done) { state.login(std::move(who), done); });
      },
      [&state, reply_to](atom::logout, const std::string& id) {
        return reply_to(a_user, [&](auto done) { state.logout(id, done); });
      },
      [&state, reply_to](atom::create, session_draft& draft) {
        return reply_to(a_session, [&](auto done) { state.create_session(std::move(draft), done); });
      },
      [&state, reply_to](atom::find, const std::string& id) {
        return reply_to(a_session, [&](auto done) { state.find_session(id, done); });
      },
      [&state, reply_to](atom::list, session_filter& filter, const page_request& page) {
        return reply_to(std::type_identity<session_page>{},
                        [&](auto done) { state.list_sessions(std::move(filter), page, done); });
      },
      [&state, reply_to](atom::change, const std::string& id, session_changes& changes) {
        return reply_to(a_session, [&](auto done) { state.change_session(id, std::move(changes), done); });
      },
      [&state, reply_to](atom::remove, const std::string& id) {
        return reply_to(a_session, [&](auto done) { state.remove_session(id, done); });
      },
      [&state, reply_to](atom::act, const std::string& id, session_action action) {
        return reply_to(a_session, [&](auto done) { state.act(id, action, done); });
      },
  };
}

}  // namespace streamspace
