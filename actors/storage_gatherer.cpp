#include <algorithm>
#include <exception>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <streamspace/actors/storage_gatherer.hpp>

namespace streamspace {

namespace {

using kind = storage_request::kind;

/// A statement that lost against another one (serialization, deadlock) is begun so often.
constexpr unsigned most_attempts = 5;

std::string_view sqlstate_of(const error& e) {
  return e.code() == ec::database_error ? e.fact("sqlstate") : std::string_view{};
}

bool lost_against_another(const error& e) {
  const auto state = sqlstate_of(e);
  return state == "40001" || state == "40P01";
}

/// Whether the statement had no effect for a reason that lies in what was to be stored, maybe in one row of it: bad
/// data, a constraint, a limit or what a trigger raised.
bool lies_in_the_rows(const error& e) {
  const auto of = sqlstate_of(e).substr(0, 2);
  return of == "22" || of == "23" || of == "54" || of == "P0" || e.code() == ec::invalid_argument;
}

/// Those who want the same of one key can share a row; of the others each has to be told what it changed.
bool can_share(kind what) {
  return what == kind::get || what == kind::set;
}

std::string name_of(const storage_request& r) {
  return r.plugin + '\0' + r.key;
}

}  // namespace

storage_gatherer::~storage_gatherer() {
  for (auto& each : lanes_) {
    for (const auto& begun : each.under_way)
      answer_all(*begun, {ec::unavailable, "the storage has ended; whether this was done before is not known"});
    for (auto& waits : each.queue) waits.done(failure(ec::unavailable, "the storage has ended"));
  }
}

std::uint64_t storage_gatherer::add(storage_request what, answer done) {
  const auto number = ++last_number_;
  if (waiting_ >= at_most_.most_waiting) {
    done(failure(ec::unavailable, "the storage has " + std::to_string(waiting_) +
                                      " requests waiting and takes no more; try again shortly"));
    return number;
  }
  auto& its = lanes_.at(static_cast<std::size_t>(what.what));
  its.queue.push_back({std::move(what), std::move(done), number});
  ++waiting_;
  return number;
}

bool storage_gatherer::withdraw(std::uint64_t number) {
  for (auto& each : lanes_) {
    const auto found =
        std::find_if(each.queue.begin(), each.queue.end(), [number](const auto& c) { return c.number == number; });
    if (found == each.queue.end()) continue;
    each.queue.erase(found);
    --waiting_;
    return true;
  }
  return false;
}

bool storage_gatherer::may_begin() const noexcept {
  return std::any_of(lanes_.begin(), lanes_.end(), [this](const auto& each) { return may_begin(each); });
}

void storage_gatherer::begin() {
  for (auto& each : lanes_)
    while (may_begin(each)) {
      const auto next = take_batch(each);
      for (const auto& callers : next->callers) waiting_ -= callers.size();
      run(each, next);
    }
}

std::shared_ptr<storage_gatherer::batch> storage_gatherer::take_batch(lane& from) const {
  auto taken = std::make_shared<batch>();
  std::unordered_map<std::string, std::size_t> places;
  std::deque<caller> left;
  std::size_t bytes = 0;
  while (!from.queue.empty() && taken->rows.size() < at_most_.most_rows) {
    auto& next = from.queue.front();
    const auto [place, is_new] = places.try_emplace(name_of(next.what), taken->rows.size());
    if (is_new) {
      bytes += next.what.bytes();
      if (bytes > at_most_.most_bytes && !taken->rows.empty()) break;
      taken->rows.push_back(std::move(next.what));
      taken->callers.emplace_back();
      taken->callers.back().push_back(std::move(next.done));
    } else if (can_share(next.what.what)) {
      taken->rows[place->second] = std::move(next.what);
      taken->callers[place->second].push_back(std::move(next.done));
    } else {
      left.push_back(std::move(next));
    }
    from.queue.pop_front();
  }
  from.queue.insert(from.queue.begin(), std::make_move_iterator(left.begin()), std::make_move_iterator(left.end()));
  return taken;
}

void storage_gatherer::run(lane& of, const std::shared_ptr<batch>& what) {
  auto statement = storage_statement(what->rows);
  of.under_way.insert(what);
  ++what->attempts;
  query_(std::move(statement), [this, &of, what](const result<sql_result>& came_of_it) {
    of.under_way.erase(what);
    settle(of, what, came_of_it);
  });
}

void storage_gatherer::settle(lane& of, const std::shared_ptr<batch>& what, const result<sql_result>& came_of_it) {
  if (came_of_it) {
    std::vector<std::optional<std::string>> answers;
    try {
      answers = read_storage_answers(what->rows, *came_of_it);
    } catch (const std::exception& e) {
      return answer_all(*what, {ec::internal, std::string{"the database's answer could not be read: "} + e.what()});
    }
    for (std::size_t i = 0; i < answers.size(); ++i)
      for (const auto& done : what->callers[i]) done(answers[i]);
    return;
  }
  const auto& why = came_of_it.error();
  if (lost_against_another(why) && what->attempts < most_attempts) return run(of, what);
  if (lies_in_the_rows(why) && what->rows.size() > 1) return split(of, *what);
  answer_all(*what, why);
}

void storage_gatherer::answer_all(const batch& of, const error& why) {
  for (const auto& callers : of.callers)
    for (const auto& done : callers) done(tl::unexpected<error>{why});
}

/// In halves, so that a few statements find the row that is at fault.
void storage_gatherer::split(lane& of, batch& what) {
  const auto part = [&](std::size_t from, std::size_t to) {
    auto made = std::make_shared<batch>();
    for (auto i = from; i < to; ++i) {
      made->rows.push_back(std::move(what.rows[i]));
      made->callers.push_back(std::move(what.callers[i]));
    }
    return made;
  };
  const auto half = what.rows.size() / 2;
  const auto first = part(0, half);
  const auto rest = part(half, what.rows.size());
  run(of, first);
  run(of, rest);
}

}  // namespace streamspace
