#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>

#include <streamspace/actors/event_metrics.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {

event_type_metrics::~event_type_metrics() {
  delete wait_.load();
  delete handling_.load();
}

shared_latency_histogram& event_type_metrics::make(histogram& lazy) {
  auto mine = std::make_unique<shared_latency_histogram>();
  shared_latency_histogram* made = nullptr;
  if (lazy.compare_exchange_strong(made, mine.get(), std::memory_order_acq_rel)) return *mine.release();
  return *made;  // Another thread was faster.
}

event_type_figures event_type_metrics::figures() const {
  const auto summary_of = [](const histogram& lazy) {
    const auto* const made = lazy.load(std::memory_order_acquire);
    return made ? made->snapshot().summary() : latency_summary{};
  };
  return {type_,
          emitted_.sum(),
          delivered_.load(std::memory_order_relaxed),
          failed_.load(std::memory_order_relaxed),
          dropped_.load(std::memory_order_relaxed),
          retried_.load(std::memory_order_relaxed),
          summary_of(wait_),
          summary_of(handling_)};
}

event_metrics::event_metrics(std::size_t most_types)
    : most_types_{std::min<std::size_t>(most_types,
                                        std::numeric_limits<std::underlying_type_t<event_type_number>>::max())},
      places_(std::bit_ceil(4 * most_types_ + 1)),
      numbered_(most_types_ + 1) {}

event_type_metrics& event_metrics::of(const hashed_text& type) {
  for (std::size_t i = 0; i < longest_probe; ++i) {
    auto* const known = places_[(type.code + i) & (places_.size() - 1)].load(std::memory_order_acquire);
    if (!known) return full_.load(std::memory_order_relaxed) ? other_ : add(type);
    if (known->is(type)) return *known;
  }
  return other_;
}

event_type_metrics& event_metrics::add(const hashed_text& type) {
  std::lock_guard lock{adding_};
  for (std::size_t i = 0; i < longest_probe; ++i) {
    auto& at = places_[(type.code + i) & (places_.size() - 1)];
    auto* const known = at.load(std::memory_order_relaxed);
    if (known && known->is(type)) return *known;  // Another thread was faster.
    if (known) continue;
    if (types_.size() >= most_types_) {
      full_.store(true, std::memory_order_relaxed);
      return other_;
    }
    const auto number = types_.size() + 1;
    auto& added = types_.emplace_back(type, static_cast<event_type_number>(number));
    added.set_logged(is_logged(type.text));
    numbered_[number].store(&added, std::memory_order_release);
    at.store(&added, std::memory_order_release);
    return added;
  }
  return other_;
}

bool event_metrics::is_logged(std::string_view type) const {
  return std::any_of(logged_patterns_.begin(), logged_patterns_.end(),
                     [type](const auto& pattern) { return matches(pattern, type); });
}

void event_metrics::mark_logged(std::vector<std::string> patterns) {
  std::lock_guard lock{adding_};
  logged_patterns_ = std::move(patterns);
  for (auto& known : types_) known.set_logged(is_logged(known.type()));
  other_.set_logged(!logged_patterns_.empty());
}

std::vector<event_type_figures> event_metrics::snapshot() const {
  std::vector<event_type_figures> all;
  for (const auto& at : places_)
    if (const auto* const known = at.load(std::memory_order_acquire)) all.push_back(known->figures());
  if (auto rest = other_.figures(); rest != event_type_figures{.type = rest.type}) all.push_back(std::move(rest));
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.type < b.type; });
  return all;
}

void delivered_run::flush() noexcept {
  if (delivered_ > 0) figures_.of(type_).add_delivered(std::exchange(delivered_, 0));
}

}  // namespace streamspace
