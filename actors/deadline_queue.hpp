#pragma once

#include <algorithm>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace streamspace {

/// Callbacks in the order of their deadlines; those of one deadline in the order in which they were added. Calls none
/// of them itself. For one thread at a time; the clock comes in.
class deadline_queue {
 public:
  using clock = std::chrono::steady_clock;
  using callback = std::function<void()>;

  /// Names an entry; a default one names none.
  struct ticket {
    clock::time_point at{};
    std::uint64_t number = 0;
    auto operator<=>(const ticket&) const = default;
  };

  ticket add(clock::time_point at, callback what) {
    const ticket made{at, ++last_number_};
    entries_.emplace(made, std::move(what));
    return made;
  }
  /// Takes an entry out; empty when it is not there any more.
  callback remove(const ticket& which) {
    auto found = entries_.extract(which);
    return found ? std::move(found.mapped()) : callback{};
  }
  /// Takes out what is due, at most so many.
  std::vector<callback> take_due(clock::time_point now, std::size_t most) {
    std::vector<callback> due;
    due.reserve(std::min(most, entries_.size()));
    while (due.size() < most && !entries_.empty() && entries_.begin()->first.at <= now)
      due.push_back(std::move(entries_.extract(entries_.begin()).mapped()));
    return due;
  }
  /// When something is due next; nothing when it is empty.
  std::optional<clock::time_point> next() const {
    if (entries_.empty()) return std::nullopt;
    return entries_.begin()->first.at;
  }
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  std::map<ticket, callback> entries_;
  std::uint64_t last_number_ = 0;
};

}  // namespace streamspace
