#include <algorithm>
#include <utility>

#include <streamspace/actors/dead_letter_writer.hpp>
#include <streamspace/persistence/dead_letter_sql.hpp>

namespace streamspace {

namespace {

/// A batch is taken from the ring in parts, so that whoever buries a letter meanwhile does not wait for all of it.
constexpr int batch_parts = 10;
constexpr std::size_t part_letters = 100;
constexpr std::size_t part_bytes = std::size_t{400} << 10U;
constexpr std::chrono::seconds rest_after_failure{1};
constexpr std::chrono::seconds line_gap{10};

/// Old rows are deleted when so large a part of those that are kept has been written, so many in a statement.
constexpr std::size_t trim_part = 20;
constexpr std::size_t trim_rows = 1'000;

/// Whether the database will never take these values (SQLSTATE classes 22 and 23, or what was refused before it).
bool is_refusal(const error& e) {
  const auto state = e.fact("sqlstate");
  return e.code() == ec::invalid_argument || state.starts_with("22") || state.starts_with("23");
}

}  // namespace

dead_letter_writer::dead_letter_writer(setup with)
    : with_{std::move(with)}, since_trim_{with_.keep}, loss_lines_{line_gap}, failure_lines_{line_gap} {
  renew_from_ = with_.letters->last_id() + dead_letter_ids_a_number / 2;
}

void dead_letter_writer::tick() {
  count_pushed_out();
  if (lost_ > 0 && loss_lines_.admit(with_.now())) say_what_was_lost();
  renew_ids();
  if (!under_way_ && with_.now() >= next_try_) write(with_.letters->last_id(), [](const result<bool>&) {});
}

void dead_letter_writer::flush(std::function<void(result<void>)> then) {
  flush_up_to(with_.letters->last_id(), std::move(then));
}

void dead_letter_writer::flush_up_to(std::uint64_t last, std::function<void(result<void>)> then) {
  settle([this, last, then = std::move(then)] {
    write(last, [this, last, then](const result<bool>& wrote_some) {
      if (!wrote_some) return then(tl::unexpected<error>{wrote_some.error()});
      *wrote_some ? flush_up_to(last, then) : then({});
    });
  });
}

void dead_letter_writer::settle(std::function<void()> then) {
  under_way_ ? waiting_.push_back(std::move(then)) : then();
}

const dead_letter* dead_letter_writer::pending(std::uint64_t id) const noexcept {
  const auto at = std::find_if(batch_.begin(), batch_.end(), [id](const dead_letter& l) { return l.id == id; });
  return at == batch_.end() ? nullptr : &*at;
}

void dead_letter_writer::write(std::uint64_t last, written then) {
  if (batch_.empty()) take_batch(last);
  if (batch_.empty()) return then(false);
  under_way_ = true;
  with_.query(insert_dead_letters(rows_),
              [this, then = std::move(then)](result<sql_result> rows) { wrote(std::move(rows), then); });
}

void dead_letter_writer::take_batch(std::uint64_t last) {
  rows_.clear();
  // Of many letters none may be left when those that cannot be kept are out.
  for (int part = 0; part < batch_parts || batch_.empty(); ++part) {
    auto taken = with_.letters->take_all({.before = last + 1, .limit = part_letters, .oldest_first = true}, part_bytes);
    if (taken.empty()) return;
    for (auto& letter : taken) {
      try {
        rows_.push_back(dead_letter_row(letter));
        batch_.push_back(std::move(letter));
      } catch (const error& e) {
        lose(1, "letter " + std::to_string(letter.id) + " of plugin " + letter.plugin + ": " + e.message());
      }
    }
  }
}

void dead_letter_writer::wrote(result<sql_result> rows, const written& then) {
  under_way_ = false;
  result<bool> outcome = true;
  if (rows) {
    since_trim_ += batch_.size();
    batch_.clear();
    trim();
  } else if (is_refusal(rows.error())) {
    lose(batch_.size(), rows.error().message());
    batch_.clear();
  } else {
    next_try_ = with_.now() + rest_after_failure;
    outcome = tl::unexpected<error>{rows.error()};
    if (failure_lines_.admit(with_.now()))
      log(log_level::error, "dead letters cannot be written to the database; it is tried again",
          {{"what", rows.error().message()}, {"waiting", batch_.size()}});
  }
  const auto due = std::exchange(waiting_, {});
  then(std::move(outcome));
  for (const auto& next : due) settle(next);
}

void dead_letter_writer::trim() {
  if (trimming_ || since_trim_ < std::max<std::size_t>(with_.keep / trim_part, 1)) return;
  trimming_ = true;
  with_.query(trim_dead_letters(with_.keep, trim_rows), [this](const result<sql_result>& deleted) {
    trimming_ = false;
    if (!deleted) {
      if (failure_lines_.admit(with_.now()))
        log(log_level::error, "old dead letters cannot be deleted from the database; it is tried again",
            {{"what", deleted.error().message()}});
      return;
    }
    if (deleted->affected() < trim_rows)
      since_trim_ = 0;
    else
      trim();
  });
}

/// A host that has dropped half of what its number allows takes another one, long before the ids would become those of
/// another host.
void dead_letter_writer::renew_ids() {
  if (renewing_ || with_.letters->last_id() < renew_from_) return;
  renewing_ = true;
  with_.query(draw_dead_letter_number(), [this](const result<sql_result>& drawn) {
    renewing_ = false;
    if (!drawn) return;  // It is asked for again with the next tick, half a billion letters before it matters.
    const auto first = read_first_dead_letter_id(*drawn);
    with_.letters->number_from(first);
    renew_from_ = first + dead_letter_ids_a_number / 2;
  });
}

void dead_letter_writer::count_pushed_out() {
  const auto all = with_.letters->pushed_out();
  if (const auto more = all - std::exchange(seen_pushed_out_, all); more > 0)
    lose(more, "they came faster than they could be written");
}

void dead_letter_writer::lose(std::size_t how_many, const std::string& why) {
  lost_ += how_many;
  why_lost_ = why;
}

void dead_letter_writer::end() {
  count_pushed_out();
  if (const auto left = batch_.size() + with_.letters->count({}); left > 0)
    lose(left, "the runtime stopped before they could be written");
  batch_.clear();
  if (lost_ > 0) say_what_was_lost();
}

void dead_letter_writer::say_what_was_lost() {
  const auto lost = std::exchange(lost_, 0);
  log(log_level::warn, std::to_string(lost) + " dead letters were not kept in the database",
      {{"count", lost}, {"what", std::exchange(why_lost_, {})}});
}

void dead_letter_writer::log(log_level level, std::string message, json data) {
  with_.log({"runtime", level, std::move(message), std::move(data), streamspace::now()});
}

}  // namespace streamspace
