#include <algorithm>
#include <mutex>
#include <utility>

#include <streamspace/actors/subscription_table.hpp>

namespace streamspace {

void subscription_table::assign(const std::vector<subscription_ptr>& now) {
  for (auto& p : places_) p.wanted = false;
  std::vector<const subscription_ptr*> newcomers;
  for (const auto& s : now) {
    if (find(s->key) == s.get())
      places_[s->key.place].wanted = true;
    else
      newcomers.push_back(&s);
  }
  for (std::uint32_t at = 0; at < places_.size(); ++at)
    if (places_[at].present && !places_[at].wanted) vacate(at);
  for (const auto* s : newcomers) seat(*s);
}

void subscription_table::seat(const subscription_ptr& newcomer) {
  std::erase(gone_, newcomer);  // It comes back.
  const auto parked = parked_ == 0 ? places_.end() : std::find_if(places_.begin(), places_.end(), [&](const auto& p) {
    return p.parked_pattern == newcomer->pattern;
  });
  std::uint32_t at = 0;
  if (parked != places_.end()) {
    at = static_cast<std::uint32_t>(parked - places_.begin());
    --parked_;
  } else if (!free_.empty()) {
    at = free_.back();
    free_.pop_back();
  } else {
    at = static_cast<std::uint32_t>(places_.size());
    places_.emplace_back();
  }
  auto& p = places_[at];
  p.parked_pattern.clear();
  newcomer->quarantined = std::exchange(p.quarantined, false);
  p.present = newcomer;
  {
    std::lock_guard lock{patterns_lock_};
    patterns_.resize(places_.size());
    patterns_[at] = newcomer->pattern;
  }
  newcomer->key = {at, p.generation};
}

void subscription_table::vacate(std::uint32_t at) {
  auto& p = places_[at];
  ++p.generation;
  if (p.present) gone_.push_back(std::move(p.present));
  p.present.reset();
  p.parked_pattern.clear();
  p.quarantined = false;
  free_.push_back(at);
}

void subscription_table::park() {
  for (auto& p : places_) {
    if (!p.present) continue;
    p.parked_pattern = p.present->pattern;
    p.quarantined = p.present->quarantined;
    gone_.push_back(std::move(p.present));
    p.present.reset();
    ++parked_;
  }
}

std::string subscription_table::pattern_of(subscription_key key) const {
  std::lock_guard lock{patterns_lock_};
  return key.place < patterns_.size() ? patterns_[key.place] : std::string{};
}

std::size_t subscription_table::release_quarantined(const std::string& pattern) {
  std::size_t released = 0;
  for (auto& p : places_) {
    if (!p.present || p.present->pattern != pattern || !p.present->quarantined.exchange(false)) continue;
    p.present->failures_in_row = 0;
    ++released;
  }
  return released;
}

void subscription_table::release_all() {
  for (auto& p : places_) {
    p.quarantined = false;
    if (p.present && p.present->quarantined.exchange(false)) p.present->failures_in_row = 0;
  }
}

bool subscription_table::has_quarantined() const noexcept {
  return std::any_of(places_.begin(), places_.end(), [](const place& p) {
    return p.quarantined || (p.present && p.present->quarantined.load(std::memory_order_relaxed));
  });
}

void subscription_table::release_parked() {
  for (std::uint32_t at = 0; at < places_.size(); ++at)
    if (!places_[at].parked_pattern.empty()) vacate(at);
  parked_ = 0;
}

}  // namespace streamspace
