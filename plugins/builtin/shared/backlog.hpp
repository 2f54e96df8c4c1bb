#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include <streamspace/messages/error.hpp>

namespace streamspace::builtin {

/// Whether trying again later may mend it: the database is away, busy or restarting. Everything else fails again.
bool is_passing(const error& e) noexcept;

/// Items that must be handled in order and must not be lost while the database is away: they wait here, up to a limit,
/// and are worked off with the next item that comes. Not thread-safe.
template <class Item>
class backlog {
 public:
  explicit backlog(std::size_t limit) : limit_{limit} {}

  /// Appends. When the limit is reached the oldest item gives way; false says that one did.
  bool push(Item item) {
    const bool full = items_.size() >= limit_;
    if (full) items_.pop_front();
    items_.push_back(std::move(item));
    return !full;
  }

  /// Hands items to `handle` from the front, at most `most` of them. An item leaves when handle returned, or threw what
  /// does not pass; what handle throws goes on to the caller, and the items behind wait.
  template <class Handle>
  void work_off(std::size_t most, Handle handle) {
    for (; most > 0 && !items_.empty(); --most) {
      try {
        handle(std::as_const(items_.front()));
      } catch (const error& e) {
        if (!is_passing(e)) items_.pop_front();
        throw;
      } catch (...) {
        items_.pop_front();
        throw;
      }
      items_.pop_front();
    }
  }

  std::size_t size() const noexcept { return items_.size(); }
  bool empty() const noexcept { return items_.empty(); }

 private:
  std::size_t limit_;
  std::deque<Item> items_;
};

}  // namespace streamspace::builtin
