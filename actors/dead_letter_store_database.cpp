// What the store of dead letters asks of the database.
#include <algorithm>

#include <streamspace/actors/answer.hpp>
#include <streamspace/actors/dead_letter_store.hpp>
#include <streamspace/persistence/dead_letter_sql.hpp>

namespace streamspace {

namespace {

dead_letter_filter only(std::uint64_t id) {
  dead_letter_filter filter;
  filter.before = id + 1;
  filter.after = id - 1;
  filter.limit = 1;
  return filter;
}

/// An id that a letter may have; others would not fit the database's numbers.
bool is_possible(std::uint64_t id) {
  return id > 0 && id < dead_letter_id_end;
}

}  // namespace

void dead_letter_store::query(sql_statement statement, reply<sql_result> then) {
  self_
      ->request(setup_.database, 2 * setup_.deadline, atom::exec_v, std::move(statement), sql_deadline{setup_.deadline})
      .then(
          [then](sql_result& rows) {
            try {
              then(std::move(rows));
            } catch (const std::exception&) {
              then(tl::unexpected<error>{current_error()});
            }
          },
          [then](const caf::error& e) { then(tl::unexpected<error>{from_caf(e)}); });
}

void dead_letter_store::once_stored(std::uint64_t id, std::function<void(result<void>)> then) {
  writer_->settle([this, id, then = std::move(then)] {
    if (!is_possible(id)) return then(tl::unexpected<error>{no_such(id)});
    if (!writer_->pending(id)) return then({});
    then(failure(ec::unavailable, "dead letter " + std::to_string(id) +
                                      " is on its way into the database, which does not take it now; try again when "
                                      "that works"));
  });
}

std::vector<dead_letter> dead_letter_store::readable(const sql_result& rows,
                                                     std::vector<std::uint64_t>& unreadable) const {
  std::vector<dead_letter> letters;
  for (const auto row : rows) {
    if (!has_dead_letter(row)) continue;
    if (auto letter = read_dead_letter(row)) {
      letters.push_back(std::move(*letter));
    } else {
      unreadable.push_back(read_dead_letter_id(row));
      log(log_level::warn, letter.error().message(), {{"id", unreadable.back()}});
    }
  }
  return letters;
}

void dead_letter_store::list_stored(const dead_letter_filter& filter, const reply<dead_letter_page>& done) {
  query(list_dead_letters(filter), [this, done](result<sql_result> rows) {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    std::vector<std::uint64_t> unreadable;
    done(dead_letter_page{readable(*rows, unreadable), read_dead_letter_total(*rows)});
  });
}

void dead_letter_store::find_stored(std::uint64_t id, const reply<dead_letter>& done) {
  if (!is_possible(id)) return done(tl::unexpected<error>{no_such(id)});
  query(find_dead_letter(id), [id, done](result<sql_result> rows) {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    if (rows->empty()) return done(tl::unexpected<error>{no_such(id)});
    done(read_dead_letter((*rows)[0]));
  });
}

template <class T>
void dead_letter_store::explain_none(std::uint64_t id, const reply<T>& done) {
  query(find_dead_letter(id), [id, done](result<sql_result> rows) {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    if (rows->empty()) return done(tl::unexpected<error>{no_such(id)});
    done(failure(ec::conflict, "dead letter " + std::to_string(id) + " is just being sent again by somebody else"));
  });
}

void dead_letter_store::release(const std::vector<std::uint64_t>& ids, std::function<void()> then) {
  if (ids.empty()) return then();
  query(release_dead_letters(ids), [this, then = std::move(then)](const result<sql_result>& released) {
    if (!released)
      log(log_level::warn, "claims on dead letters could not be given back; they end within a minute",
          {{"what", released.error().message()}});
    then();
  });
}

void dead_letter_store::redrive_stored(std::uint64_t id, const reply<dead_letter>& done) {
  query(claim_dead_letters(only(id)), [this, id, done](result<sql_result> rows) {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    if (rows->empty()) return explain_none(id, done);
    const auto letter = read_dead_letter((*rows)[0]);
    if (letter) return redrive_claimed(*letter, done);
    release({id}, [done, letter] { done(letter); });
  });
}

void dead_letter_store::redrive_claimed(const dead_letter& letter, const reply<dead_letter>& done) {
  if (const auto sent = send(letter); !sent)
    return release({letter.id}, [done, why = sent.error()] { done(tl::unexpected<error>{why}); });
  query(remove_dead_letters({letter.id}), [letter, done](const result<sql_result>& removed) {
    if (removed) return done(letter);
    done(failure(removed.error().code(),
                 "the event of dead letter " + std::to_string(letter.id) +
                     " was sent again, but the letter could not be removed: " + removed.error().message()));
  });
}

void dead_letter_store::redrive_all_stored(const dead_letter_filter& filter, const reply<redrive_report>& done) {
  query(claim_dead_letters(filter), [this, filter, done](result<sql_result> rows) {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    std::vector<std::uint64_t> unreadable;
    auto letters = readable(*rows, unreadable);
    std::sort(letters.begin(), letters.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    auto sent = send_all(letters);
    if (!unreadable.empty()) sent.report.refused["it cannot be read; the log says why"] = unreadable.size();
    sent.refused.insert(sent.refused.end(), unreadable.begin(), unreadable.end());
    settle_claims(std::move(sent), filter, done);
  });
}

void dead_letter_store::settle_claims(sent_letters sent, const dead_letter_filter& filter,
                                      const reply<redrive_report>& done) {
  const auto count = [this, filter, report = sent.report, done]() mutable {
    query(count_dead_letters(filter), [report, done](result<sql_result> rows) mutable {
      if (!rows) return done(tl::unexpected<error>{rows.error()});
      report.left = read_dead_letter_total(*rows);
      done(report);
    });
  };
  query(remove_dead_letters(sent.taken), [this, sent, count, done](const result<sql_result>& removed) mutable {
    if (removed) return release(sent.refused, count);
    done(failure(removed.error().code(), std::to_string(sent.taken.size()) +
                                             " events were sent again, but their dead letters could not be removed: " +
                                             removed.error().message()));
  });
}

void dead_letter_store::discard_stored(std::uint64_t id, const reply<std::uint64_t>& done) {
  query(discard_dead_letters(only(id)), [this, id, done](result<sql_result> rows) {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    rows->affected() > 0 ? done(1U) : explain_none(id, done);
  });
}

void dead_letter_store::discard_all_stored(const dead_letter_filter& filter, const reply<std::uint64_t>& done) {
  query(discard_dead_letters(filter), [done](result<sql_result> rows) {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    done(rows->affected());
  });
}

void dead_letter_store::log(log_level level, std::string message, json data) const {
  setup_.log({"runtime", level, std::move(message), std::move(data), now()});
}

}  // namespace streamspace
