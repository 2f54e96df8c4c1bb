#include <algorithm>
#include <utility>

#include <streamspace/actors/dead_letters.hpp>

namespace streamspace {

namespace {

constexpr std::array<std::string_view, dead_letter_causes> cause_names{
    "inbox_full", "not_enabled", "ended", "poison", "quarantined", "handler_deadline", "subscription_gone", "failed"};
static_assert(static_cast<std::size_t>(dead_letter_cause::failed) + 1 == dead_letter_causes);

/// Cuts between characters of UTF-8.
std::string_view cut(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) return text;
  while (longest > 0 && (static_cast<unsigned char>(text[longest]) & 0xC0) == 0x80) --longest;
  return text.substr(0, longest);
}

}  // namespace

std::string_view to_string(dead_letter_cause cause) noexcept {
  return cause_names[static_cast<std::size_t>(cause)];
}

std::optional<dead_letter_cause> parse_dead_letter_cause(std::string_view text) noexcept {
  for (std::size_t i = 0; i < cause_names.size(); ++i)
    if (cause_names[i] == text) return static_cast<dead_letter_cause>(i);
  return std::nullopt;
}

void to_json(json& out, const dead_letter& letter) {
  out = json{{"id", letter.id},
             {"at", to_rfc3339(letter.at)},
             {"plugin", letter.plugin},
             {"subscription", letter.subscription},
             {"cause", to_string(letter.cause)},
             {"detail", letter.detail},
             {"attempts", letter.attempts},
             {"event", letter.what->envelope()}};
}

dead_letters::dead_letters(dead_letter_limits limits) : limits_{limits}, slots_(limits.items) {}

std::uint64_t dead_letters::add(undelivered letter) {
  const auto detail = cut(letter.detail, longest_detail);
  const auto bytes =
      sizeof(slot) + letter.plugin.size() + letter.subscription.size() + detail.size() + letter.event_bytes;
  // Events are destroyed after the lock.
  event_ptr gone;
  std::vector<event_ptr> more_gone;
  std::lock_guard lock{mutex_};
  while (size_ > 0 && (size_ == slots_.size() || bytes_ + bytes > limits_.bytes)) {
    if (gone) more_gone.push_back(std::move(gone));
    gone = evict_oldest();
  }
  auto& [kept, weight] = at(size_);
  kept.id = ++last_id_;
  kept.at = letter.at;
  kept.plugin = letter.plugin;
  kept.subscription = letter.subscription;
  kept.what = std::move(letter.what);
  kept.cause = letter.cause;
  kept.detail = detail;
  kept.attempts = letter.attempts;
  weight = bytes;
  ++size_;
  bytes_ += bytes;
  ++totals_[static_cast<std::size_t>(letter.cause)];
  return last_id_;
}

std::vector<dead_letter> dead_letters::list(const dead_letter_filter& filter) const {
  std::vector<dead_letter> found;
  std::lock_guard lock{mutex_};
  const auto places = places_of(filter);
  found.reserve(places.size());
  for (const auto place : places) found.push_back(at(place).letter);
  return found;
}

std::optional<dead_letter> dead_letters::find(std::uint64_t id) const {
  std::lock_guard lock{mutex_};
  const auto place = place_of(id);
  if (place == size_) return std::nullopt;
  return at(place).letter;
}

std::optional<dead_letter> dead_letters::take(std::uint64_t id) {
  std::lock_guard lock{mutex_};
  const auto place = place_of(id);
  if (place == size_) return std::nullopt;
  std::optional<dead_letter> taken{std::move(at(place).letter)};
  at(place).letter.id = 0;
  close_gaps();
  return taken;
}

std::vector<dead_letter> dead_letters::take_all(const dead_letter_filter& filter) {
  std::vector<dead_letter> taken;
  std::lock_guard lock{mutex_};
  const auto places = places_of(filter);
  taken.reserve(places.size());
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    taken.push_back(std::move(at(*place).letter));
    at(*place).letter.id = 0;
  }
  close_gaps();
  return taken;
}

void dead_letters::clear() {
  std::vector<slot> emptied(limits_.items);
  std::lock_guard lock{mutex_};
  slots_.swap(emptied);
  oldest_ = size_ = bytes_ = 0;
}

dead_letters::totals_by_cause dead_letters::totals() const {
  std::lock_guard lock{mutex_};
  return totals_;
}

dead_letters::slot& dead_letters::at(std::size_t place) noexcept {
  return const_cast<slot&>(std::as_const(*this).at(place));
}

const dead_letters::slot& dead_letters::at(std::size_t place) const noexcept {
  const auto index = oldest_ + place;
  return slots_[index < slots_.size() ? index : index - slots_.size()];
}

std::size_t dead_letters::place_of(std::uint64_t id) const noexcept {
  std::size_t from = 0;
  for (auto length = size_; length > 0;) {
    const auto half = length / 2;
    if (at(from + half).letter.id < id) {
      from += half + 1;
      length -= half + 1;
    } else {
      length = half;
    }
  }
  return from < size_ && at(from).letter.id == id ? from : size_;
}

std::vector<std::size_t> dead_letters::places_of(const dead_letter_filter& filter) const {
  std::vector<std::size_t> places;
  for (auto place = size_; place > 0 && places.size() < filter.limit; --place) {
    const auto& letter = at(place - 1).letter;
    if ((filter.plugin.empty() || letter.plugin == filter.plugin) && (!filter.cause || letter.cause == *filter.cause) &&
        (filter.after == 0 || letter.id < filter.after))
      places.push_back(place - 1);
  }
  return places;
}

event_ptr dead_letters::evict_oldest() noexcept {
  auto& left = at(0);
  bytes_ -= left.bytes;
  --size_;
  oldest_ = oldest_ + 1 == slots_.size() ? 0 : oldest_ + 1;
  return std::move(left.letter.what);
}

void dead_letters::close_gaps() noexcept {
  std::size_t kept = 0;
  for (std::size_t place = 0; place < size_; ++place) {
    if (at(place).letter.id == 0) {
      bytes_ -= at(place).bytes;
      continue;
    }
    if (kept != place) std::swap(at(kept), at(place));
    ++kept;
  }
  size_ = kept;
}

}  // namespace streamspace
