#include <algorithm>
#include <utility>

#include <streamspace/actors/dead_letters.hpp>

namespace streamspace {

namespace {

/// Cuts between characters of UTF-8.
std::string_view cut(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) return text;
  while (longest > 0 && (static_cast<unsigned char>(text[longest]) & 0xC0) == 0x80) --longest;
  return text.substr(0, longest);
}

}  // namespace

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
    ++pushed_out_;
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

void dead_letters::number_from(std::uint64_t first) {
  std::lock_guard lock{mutex_};
  last_id_ = std::max(last_id_, first - 1);
}

std::uint64_t dead_letters::draw_id() {
  std::lock_guard lock{mutex_};
  return ++last_id_;
}

std::uint64_t dead_letters::last_id() const {
  std::lock_guard lock{mutex_};
  return last_id_;
}

std::size_t dead_letters::count(dead_letter_filter filter) const {
  filter.before = filter.after = 0;
  filter.limit = SIZE_MAX;
  std::lock_guard lock{mutex_};
  return places_of(filter).size();
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
  std::optional<dead_letter> taken{take_from(at(place))};
  close_gaps(1);
  return taken;
}

std::vector<dead_letter> dead_letters::take_all(const dead_letter_filter& filter, std::size_t most_bytes) {
  std::vector<dead_letter> taken;
  std::lock_guard lock{mutex_};
  const auto places = places_of(filter);
  taken.reserve(places.size());
  std::size_t bytes = 0;
  for (const auto place : places) {
    bytes += at(place).bytes;
    if (bytes > most_bytes && !taken.empty()) break;
    taken.push_back(take_from(at(place)));
  }
  close_gaps(taken.size());
  if (!filter.oldest_first) std::reverse(taken.begin(), taken.end());
  return taken;
}

dead_letters::totals_by_cause dead_letters::totals() const {
  std::lock_guard lock{mutex_};
  return totals_;
}

std::uint64_t dead_letters::pushed_out() const {
  std::lock_guard lock{mutex_};
  return pushed_out_;
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
  for (std::size_t i = 0; i < size_ && places.size() < filter.limit; ++i) {
    const auto place = filter.oldest_first ? i : size_ - 1 - i;
    if (admits(filter, at(place).letter)) places.push_back(place);
  }
  return places;
}

event_ptr dead_letters::evict_oldest() noexcept {
  auto what = std::move(at(0).letter.what);
  step_over_oldest();
  return what;
}

void dead_letters::step_over_oldest() noexcept {
  bytes_ -= at(0).bytes;
  --size_;
  oldest_ = oldest_ + 1 == slots_.size() ? 0 : oldest_ + 1;
}

dead_letter dead_letters::take_from(slot& from) {
  auto taken = from.letter;
  from.letter.what.reset();
  from.letter.id = 0;
  return taken;
}

void dead_letters::close_gaps(std::size_t gaps) noexcept {
  for (; gaps > 0 && at(0).letter.id == 0; --gaps) step_over_oldest();
  if (gaps == 0) return;
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
