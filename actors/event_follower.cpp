#include <algorithm>
#include <iterator>
#include <utility>

#include <streamspace/actors/event_follower.hpp>
#include <streamspace/messages/names.hpp>
#include <streamspace/persistence/dead_letter_sql.hpp>
#include <streamspace/persistence/event_log_sql.hpp>

namespace streamspace {

namespace {

using std::chrono::milliseconds;

/// After a failure of the database.
constexpr milliseconds rest_after_failure{500};
/// While a transaction is open that events wait for.
constexpr milliseconds look_again{5};
/// While the plugin takes nothing.
constexpr milliseconds shortest_refused_pause{20};
constexpr milliseconds longest_refused_pause{1'000};
/// A lease is renewed so often while it lasts.
constexpr int renewals = 3;
/// While so many events wait for another attempt, nothing new is read.
constexpr std::uint64_t most_retries = 10'000;
constexpr std::chrono::seconds line_gap{10};

/// Whether the handler was called with it and did not handle it.
bool is_failure(delivery_outcome outcome) {
  return outcome == delivery_outcome::error || outcome == delivery_outcome::exception ||
         outcome == delivery_outcome::timeout;
}

template <class T>
void append(std::vector<T>& to, std::vector<T>&& more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

event_follower::event_follower(setup with) : with_{std::move(with)}, random_{with_.seed}, failure_lines_{line_gap} {}

void event_follower::assign(subscription_ptr target) {
  const bool first = !target_;
  target_ = std::move(target);
  if (first) renew();
  wake();
}

void event_follower::wake() {
  woken_ = true;
  go_on();
}

void event_follower::stop(std::function<void()> then) {
  stopping_ = true;
  stopped_ = std::move(then);
  if (std::exchange(paused_, false)) return batch_.empty() ? end_step() : end_batch();
  go_on();
}

void event_follower::go_on() {
  if (busy_) return;
  if (stopping_) return finish();
  if (!target_) return;
  if (!has_cursor_) return claim();
  // Retries that are settled must not be read again.
  if (retries_due_ && !saving_ && progress_.retried.empty() && progress_.to_retry.empty()) return read_retries();
  if (unsaved_) save();
  if (woken_ && retries_waiting_ + sent_ + progress_.to_retry.size() + progress_.dead_letters.size() < most_retries)
    read();
}

void event_follower::pause(milliseconds time, std::function<void()> then) {
  if (stopping_) return batch_.empty() ? end_step() : end_batch();
  paused_ = true;
  with_.after(time, [this, number = ++pauses_, then = std::move(then)] {
    if (number == pauses_ && std::exchange(paused_, false)) then();
  });
}

void event_follower::end_step() {
  busy_ = false;
  go_on();
}

// -- the cursor -----------------------------------------------------------------------------------------------------

void event_follower::claim() {
  busy_ = true;
  with_.query(claim_cursor(with_.cursor, with_.holder, with_.lease),
              [this](const result<sql_result>& rows) { claimed(rows); });
}

void event_follower::claimed(const result<sql_result>& rows) {
  const auto at = rows ? read_claimed_cursor(*rows) : std::nullopt;
  if (!at) {
    if (!rows) failed("its cursor could not be taken", rows.error());
    return pause(rows ? with_.lease / renewals : rest_after_failure, [this] { end_step(); });
  }
  has_cursor_ = true;
  progress_ = {.settled = *at};
  unsaved_ = false;
  woken_ = retries_due_ = true;
  end_step();
}

/// Also looks for what nobody told of.
void event_follower::renew() {
  with_.after(with_.lease / renewals, [this] {
    if (stopping_) return;
    unsaved_ = has_cursor_;
    if (busy_) save();
    wake();
    renew();
  });
}

void event_follower::save() {
  if (saving_ || !has_cursor_) return;
  saving_ = true;
  unsaved_ = false;
  auto sent = std::exchange(progress_, {.settled = progress_.settled});
  sent_ = sent.to_retry.size() + sent.dead_letters.size();
  auto statement = save_cursor(with_.cursor, with_.holder, with_.lease, sent);
  with_.query(std::move(statement),
              [this, sent = std::move(sent)](const result<sql_result>& rows) mutable { saved(rows, std::move(sent)); });
}

void event_follower::saved(const result<sql_result>& rows, cursor_progress sent) {
  saving_ = false;
  sent_ = 0;
  if (!rows) {
    failed("what came of its events could not be recorded", rows.error());
    append(sent.to_retry, std::move(progress_.to_retry));
    append(sent.retried, std::move(progress_.retried));
    append(sent.dead_letters, std::move(progress_.dead_letters));
    sent.settled = progress_.settled;
    progress_ = std::move(sent);
    // When it ends, that is left to whoever comes next.
    unsaved_ = !stopping_;
    if (stopping_) return go_on();
    return with_.after(rest_after_failure, [this] { save(); });
  }
  if (!is_cursor_saved(*rows)) {
    has_cursor_ = false;
    log(log_level::warn, "another host has taken over the durable subscription", {});
    if (std::exchange(paused_, false)) return end_batch();
  }
  retries_waiting_ += sent.to_retry.size();
  for (const auto& r : sent.to_retry) look_for_retries_in(r.pause);
  go_on();
}

void event_follower::finish() {
  if (saving_) return;
  if (std::exchange(unsaved_, false) && has_cursor_) return save();
  busy_ = true;
  const auto ended = [this] {
    if (const auto then = std::exchange(stopped_, {})) then();
  };
  if (!std::exchange(has_cursor_, false)) return ended();
  with_.query(release_cursor(with_.cursor, with_.holder), [ended](const result<sql_result>&) { ended(); });
}

// -- what there is for it -------------------------------------------------------------------------------------------

void event_follower::read() {
  busy_ = true;
  woken_ = false;
  event_log_filter filter;
  filter.pattern = target_->pattern;
  filter.after = progress_.settled;
  filter.limit = how().batch;
  with_.query(read_event_log(filter), [this, filter](const result<sql_result>& rows) { have_read(rows, filter); });
}

void event_follower::have_read(const result<sql_result>& rows, const event_log_filter& filter) {
  if (!rows) {
    failed("the event log could not be read", rows.error());
    woken_ = true;
    return pause(rest_after_failure, [this] { end_step(); });
  }
  const auto page = read_event_log_page(*rows, filter, [this](const auto& at, const auto& why) { pass_over(at, why); });
  if (!page.at_end) woken_ = true;
  if (page.held_back && !std::exchange(looks_again_, true))
    with_.after(look_again, [this] {
      looks_again_ = false;
      wake();
    });
  for (const auto& e : page.events)
    if (!target_->filter || target_->filter->admits(*e.what)) batch_.push_back({e.at, e.what});
  kind_ = batch_kind::news;
  batch_end_ = page.looked_up_to;
  if (!batch_.empty()) return deliver();
  progress_.settled = batch_end_;
  end_step();
}

void event_follower::read_retries() {
  busy_ = true;
  retries_due_ = false;
  with_.query(find_due_retries(with_.cursor, how().batch),
              [this](const result<sql_result>& rows) { have_read_retries(rows); });
}

void event_follower::have_read_retries(const result<sql_result>& rows) {
  if (!rows) {
    failed("events to be tried again could not be read", rows.error());
    retries_due_ = true;
    return pause(rest_after_failure, [this] { end_step(); });
  }
  std::size_t passed = 0;
  auto found = read_due_retries(*rows, [&](const auto& at, const auto& why) {
    ++passed;
    pass_over(at, why);
    progress_.retried.push_back(at);
    unsaved_ = true;
  });
  retries_waiting_ = found.waiting;
  if (found.next_in) look_for_retries_in(*found.next_in);
  retries_due_ = found.due.size() + passed == how().batch;
  for (auto& r : found.due) batch_.push_back({r.at, std::move(r.what), r.attempts});
  kind_ = batch_kind::retries;
  batch_.empty() ? end_step() : deliver();
}

void event_follower::look_for_retries_in(milliseconds time) {
  const auto at = with_.now() + time;
  if (retry_look_ && *retry_look_ <= at) return;
  retry_look_ = at;
  with_.after(time, [this, at] {
    if (retry_look_ != at) return;  // An earlier look took its place.
    retry_look_.reset();
    retries_due_ = true;
    go_on();
  });
}

// -- a batch --------------------------------------------------------------------------------------------------------

void event_follower::deliver() {
  std::vector<std::size_t> which;
  std::vector<event_ptr> events;
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    if (batch_[i].is_open && !matches(target_->pattern, batch_[i].what->type())) batch_[i].is_open = false;
    if (!batch_[i].is_open) continue;
    which.push_back(i);
    events.push_back(batch_[i].what);
    if (how().in_order) break;
  }
  if (events.empty()) return end_batch();
  with_.deliver(target_, std::move(events), [this, which](const results& came_of_it) { delivered(which, came_of_it); });
}

void event_follower::delivered(const std::vector<std::size_t>& which, const results& came_of_it) {
  milliseconds rest{0};
  bool all_refused = true;
  for (std::size_t i = 0; i < which.size(); ++i) {
    auto& of = batch_[which[i]];
    of.is_open = !is_settled(of, came_of_it[i]);
    if (of.is_open && is_failure(came_of_it[i].outcome)) rest = pause_after(of.attempts);
    if (!of.is_open || rest.count() > 0) all_refused = false;
  }
  refused_pause_ = all_refused ? std::clamp(2 * refused_pause_, shortest_refused_pause, longest_refused_pause)
                               : shortest_refused_pause;
  if (std::none_of(batch_.begin(), batch_.end(), [](const item& i) { return i.is_open; })) return end_batch();
  if (stopping_ || !has_cursor_) return end_batch();
  if (how().in_order && rest.count() == 0 && !all_refused) return deliver();
  pause(rest.count() > 0 ? rest : refused_pause_, [this] { deliver(); });
}

bool event_follower::is_settled(item& of, const delivery_result& outcome) {
  const bool again = kind_ == batch_kind::retries;
  if (is_failure(outcome.outcome)) {
    ++of.attempts;
    if (of.attempts < how().attempts) {
      if (how().in_order) return false;
      of.to_retry = event_retry{of.at, of.what, of.attempts, pause_after(of.attempts), outcome.what};
      return true;
    }
    bury(of, outcome);
  } else if (outcome.outcome != delivery_outcome::handled) {
    return false;
  }
  of.retried = again;
  return true;
}

void event_follower::bury(item& of, const delivery_result& outcome) {
  dead_letter letter;
  letter.id = with_.next_letter();
  letter.at = now();
  letter.plugin = with_.cursor.plugin;
  letter.subscription = target_->pattern;
  letter.what = of.what;
  letter.cause =
      outcome.outcome == delivery_outcome::timeout ? dead_letter_cause::handler_deadline : dead_letter_cause::failed;
  letter.detail = outcome.what;
  letter.attempts = of.attempts;
  of.letter = dead_letter_row(letter);
}

void event_follower::end_batch() {
  if (kind_ == batch_kind::news) {
    const auto open = std::find_if(batch_.begin(), batch_.end(), [](const item& i) { return i.is_open; });
    if (open == batch_.end())
      progress_.settled = batch_end_;
    else if (open != batch_.begin())
      progress_.settled = std::prev(open)->at;
  }
  for (auto& of : batch_) {
    if (of.is_open) {
      if (kind_ == batch_kind::news) break;
      continue;
    }
    if (of.to_retry) progress_.to_retry.push_back(std::move(*of.to_retry));
    if (of.letter) progress_.dead_letters.push_back(std::move(*of.letter));
    if (of.retried) progress_.retried.push_back(of.at);
  }
  batch_.clear();
  unsaved_ = true;
  end_step();
}

milliseconds event_follower::pause_after(unsigned attempts) {
  auto pause = how().first_pause;
  for (unsigned i = 1; i < attempts && pause < how().longest_pause; ++i) pause *= 2;
  pause = std::min(pause, how().longest_pause);
  // Not all of many at the same moment.
  return pause - milliseconds{std::uniform_int_distribution<milliseconds::rep>{0, pause.count() / 4}(random_)};
}

// -- what it says ---------------------------------------------------------------------------------------------------

void event_follower::failed(const char* what, const error& why) {
  if (failure_lines_.admit(with_.now()))
    log(log_level::error, std::string{what} + "; it is tried again", {{"what", why.message()}});
}

void event_follower::pass_over(const log_position& at, const error& why) const {
  log(log_level::error, "an event of the log cannot be read and is passed over",
      {{"position", to_string(at)}, {"what", why.message()}});
}

void event_follower::log(log_level level, const std::string& message, json data) const {
  data["plugin"] = with_.cursor.plugin;
  data["subscription"] = with_.cursor.name;
  with_.log({"runtime", level, message, std::move(data), streamspace::now()});
}

}  // namespace streamspace
