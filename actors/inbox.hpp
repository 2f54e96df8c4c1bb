#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <streamspace/actors/chunk_queue.hpp>
#include <streamspace/actors/inbox_limits.hpp>
#include <streamspace/actors/lingering.hpp>
#include <streamspace/actors/prefetch.hpp>
#include <streamspace/actors/ring.hpp>
#include <streamspace/actors/spin_lock.hpp>

namespace streamspace {

/// A plugin's bounded queue: many producers, and one consumer at a time. Three lanes: the runtime's own tasks
/// (Control), requests, events; within a lane the items of one producer keep their order. It also keeps the duty to
/// take a turn: the push that finds nobody having it gets it (accepted_wake), and end_turn() gives it back when nothing
/// is left. So there is one consumer at most, and only the push that finds it idle has to wake it. Thread-safe; no call
/// holds the lock for longer than it takes to move an item or a batch; items are destroyed outside of it.
template <class Control, class Request, class Event>
class inbox {
 public:
  using clock = std::chrono::steady_clock;

  enum class push_result : std::uint8_t {
    accepted,       ///< Queued; a turn is due already.
    accepted_wake,  ///< Queued; the caller has the duty now.
    full,
    shut,    ///< The lane's gate is shut at present.
    closed,  ///< Nothing is taken any more, for good.
  };

  using event_chunk = typename chunk_queue<Event>::chunk_ptr;

  /// At most so many events are taken at once.
  explicit inbox(inbox_limits limits, std::size_t batch = 256) : limits_{limits}, events_{batch} {}

  // -- producers ----------------------------------------------------------------------------------------------------

  /// A push follows soon.
  void expect_push() const noexcept { prefetch_for_write(&lock_); }

  /// Moves from `item` only when it is accepted. An event larger than the bound in bytes is taken when it is alone.
  push_result push_event(Event&& item) {
    std::lock_guard lock{lock_};
    if (closed_) return push_result::closed;
    if (!events_open_) return push_result::shut;
    if (!has_room(item.bytes())) return push_result::full;
    return append(std::move(item));
  }

  /// Makes room by moving the oldest events to the end of `evicted`.
  push_result push_event_evicting(Event&& item, std::vector<Event>& evicted) {
    std::lock_guard lock{lock_};
    if (closed_) return push_result::closed;
    if (!events_open_) return push_result::shut;
    for (; !has_room(item.bytes()); ++events_out_) evicted.push_back(events_.pop_front());
    return append(std::move(item));
  }

  /// Blocks until there may be room for an event of so many bytes, or the inbox is shut or closed, or the deadline is
  /// reached. Others may take the room first.
  void await_room(std::size_t bytes, clock::time_point deadline) {
    std::unique_lock waiting{room_mutex_};
    room_waiters_.fetch_add(1);
    room_.wait_until(waiting, deadline, [&] {
      std::lock_guard lock{lock_};
      return closed_ || !events_open_ || has_room(bytes);
    });
    room_waiters_.fetch_sub(1);
  }

  /// Moves from `item` only when it is accepted.
  push_result push_request(Request&& item) {
    std::lock_guard lock{lock_};
    if (closed_) return push_result::closed;
    if (!requests_open_) return push_result::shut;
    if (requests_.size() >= limits_.requests) return push_result::full;
    requests_.push_back(std::move(item));
    urgent_.store(true, std::memory_order_relaxed);
    return duty();
  }

  /// The runtime's own task, ahead of everything, whatever the gates and bounds are.
  push_result push_control(Control task) {
    std::lock_guard lock{lock_};
    if (closed_) return push_result::closed;
    controls_.push_back(std::move(task));
    urgent_.store(true, std::memory_order_relaxed);
    return duty();
  }

  /// The same after everything that was accepted before.
  push_result push_mark(Control task) {
    std::lock_guard lock{lock_};
    if (closed_) return push_result::closed;
    marked_.store(true, std::memory_order_relaxed);
    marks_.push_back({events_out_ + events_.size(), requests_out_ + requests_.size(), std::move(task)});
    return duty();
  }

  // -- whoever has the runtime's word -------------------------------------------------------------------------------

  /// Opens or shuts the gates of the lanes: once this returns, no push comes through that should not. Shut at first.
  void set_open(bool events, bool requests) {
    {
      std::lock_guard lock{lock_};
      events_open_ = events;
      requests_open_ = requests;
    }
    tell_those_who_wait_for_room();
  }

  struct discarded {
    ring<Request> requests;
    chunk_queue<Event> events;
  };
  /// Takes out all requests and events.
  discarded discard() {
    std::unique_lock lock{lock_};
    auto out = take_all();
    lock.unlock();
    tell_those_who_wait_for_room();
    return out;
  }

  struct ending {
    push_result result;  ///< As of a push of the last task; closed when it was closed before.
    discarded waiting;
  };
  /// Takes nothing any more, gives up all that waits, and leaves one last task to the consumer.
  ending close(Control last) {
    ending end{push_result::closed, {{}, chunk_queue<Event>{0}}};
    ring<Control> controls;
    ring<mark> marks;
    {
      std::lock_guard lock{lock_};
      if (closed_) return end;
      closed_ = true;
      end.waiting = take_all();
      controls.swap(controls_);
      marks.swap(marks_);
      controls_.push_back(std::move(last));
      urgent_.store(true, std::memory_order_relaxed);
      end.result = duty();
    }
    tell_those_who_wait_for_room();
    return end;
  }

  /// Whether a pushed event would find the gate open.
  bool is_open() const {
    std::lock_guard lock{lock_};
    return events_open_ && !closed_;
  }

  ring<Request> discard_requests() {
    ring<Request> out;
    std::lock_guard lock{lock_};
    requests_out_ += requests_.size();
    out.swap(requests_);
    settle_urgent();
    return out;
  }

  // -- the consumer -------------------------------------------------------------------------------------------------

  /// Whether a task or a request waits: worth a look between two events. Whoever has the duty sees all that was pushed
  /// before it got it.
  bool urgent() const noexcept { return urgent_.load(std::memory_order_relaxed); }

  std::optional<Control> pop_control() {
    std::lock_guard lock{lock_};
    if (controls_.empty()) return std::nullopt;
    std::optional<Control> task{controls_.pop_front()};
    settle_urgent();
    return task;
  }

  std::optional<Request> pop_request() {
    std::lock_guard lock{lock_};
    if (requests_.empty()) return std::nullopt;
    std::optional<Request> item{requests_.pop_front()};
    ++requests_out_;
    settle_urgent();
    return item;
  }

  /// A mark before which nothing is left to be taken.
  std::optional<Control> pop_mark() {
    if (!marked_.load(std::memory_order_relaxed)) return std::nullopt;
    std::lock_guard lock{lock_};
    if (marks_.empty() || marks_.front().events > events_out_ || marks_.front().requests > requests_out_)
      return std::nullopt;
    std::optional<Control> task{std::move(marks_.pop_front().task)};
    marked_.store(!marks_.empty(), std::memory_order_relaxed);
    return task;
  }

  /// The events that wait longest, in their order, or null when none does. `emptied` is what the consumer took before.
  event_chunk take_events(event_chunk emptied) {
    if (emptied) emptied->clear();  // Not under the lock.
    event_chunk taken;
    {
      std::lock_guard lock{lock_};
      taken = events_.take_chunk(std::move(emptied));
      if (taken) events_out_ += taken->size();
    }
    if (room_waiters_.load() > 0) tell_those_who_wait_for_room();
    return taken;
  }

  /// Puts events that were taken back to the front, in their order, whatever the bounds are. Marks that were due, or
  /// became due as others were evicted meanwhile, come after them. False when it is closed: nothing is moved then.
  bool put_back(std::vector<Event>&& items) {
    std::lock_guard lock{lock_};
    if (closed_) return false;
    for (auto n = marks_.size(); n > 0; --n) {
      auto m = marks_.pop_front();
      m.events = std::max(m.events, events_out_);
      marks_.push_back(std::move(m));
    }
    for (auto i = items.size(); i-- > 0;) {
      --events_out_;
      events_.push_front(std::move(items[i]));
    }
    return true;
  }

  /// Ends a turn: false when nothing is left and the duty is given back; true when it stays and another turn must
  /// follow. With `events` false what waits in the lanes of requests and events (and behind them) does not count.
  bool end_turn(bool events = true) {
    std::lock_guard lock{lock_};
    duty_taken_ = something_waits(events);
    return duty_taken_;
  }
  /// Takes the duty for an event that need not be queued: when nobody has it but somebody who lingers, nothing waits,
  /// and the gate is open.
  bool begin_turn_for_event() {
    std::lock_guard lock{lock_};
    return events_open_ && events_.empty() && take_free_duty();
  }
  /// The same for a request, ahead of which nothing waits.
  bool begin_turn_for_request() {
    std::lock_guard lock{lock_};
    return requests_open_ && !something_waits() && take_free_duty();
  }
  /// Takes the duty if nobody has it.
  bool begin_turn() {
    std::lock_guard lock{lock_};
    return !std::exchange(duty_taken_, true);
  }

  /// Keeps the duty, for now, after nothing is left: a number to look again with. 0 when something is left.
  std::uint32_t linger(bool events = true) {
    std::lock_guard lock{lock_};
    if (something_waits(events)) return 0;
    if (++last_linger_ == 0) ++last_linger_;
    return lingers_ = last_linger_;
  }
  /// over: the duty was taken by begin_turn_for_event().
  lingering look_again(std::uint32_t number) {
    std::lock_guard lock{lock_};
    if (lingers_ != number) return lingering::over;
    if (!something_waits()) return lingering::idle;
    lingers_ = 0;
    return lingering::due;
  }
  /// The same, but gives the duty back (over) when nothing has come.
  lingering end_linger(std::uint32_t number) {
    std::lock_guard lock{lock_};
    if (lingers_ != number) return lingering::over;
    lingers_ = 0;
    duty_taken_ = something_waits();
    return duty_taken_ ? lingering::due : lingering::over;
  }

  // -- figures ------------------------------------------------------------------------------------------------------

  std::size_t size() const {
    std::lock_guard lock{lock_};
    return controls_.size() + requests_.size() + events_.size() + marks_.size();
  }
  std::size_t event_bytes() const {
    std::lock_guard lock{lock_};
    return events_.bytes();
  }
  /// What `look` returns for the event that waits longest; nothing when none waits. Called under the lock.
  template <class Look>
  auto oldest_event(Look look) const -> std::optional<decltype(look(std::declval<const Event&>()))> {
    std::lock_guard lock{lock_};
    if (events_.empty()) return std::nullopt;
    return look(events_.front());
  }

 private:
  struct mark {
    std::uint64_t events;  ///< Those that come before it, counted since the beginning.
    std::uint64_t requests;
    Control task;
  };

  /// From whoever lingers, or when nobody has it.
  bool take_free_duty() {
    if ((duty_taken_ && lingers_ == 0) || closed_) return false;
    lingers_ = 0;
    return duty_taken_ = true;
  }
  bool something_waits(bool events = true) const {
    return !controls_.empty() || (events && (!requests_.empty() || !events_.empty() || !marks_.empty()));
  }
  discarded take_all() {
    requests_out_ += requests_.size();
    events_out_ += events_.size();
    discarded out{{}, events_.take_all()};
    out.requests.swap(requests_);
    urgent_.store(!controls_.empty(), std::memory_order_relaxed);
    return out;
  }
  bool has_room(std::size_t bytes) const {
    return events_.empty() || (events_.size() < limits_.events && events_.bytes() + bytes <= limits_.event_bytes);
  }
  push_result append(Event&& item) {
    events_.push_back(std::move(item));
    return duty();
  }
  push_result duty() { return std::exchange(duty_taken_, true) ? push_result::accepted : push_result::accepted_wake; }
  void settle_urgent() { urgent_.store(!controls_.empty() || !requests_.empty(), std::memory_order_relaxed); }
  void tell_those_who_wait_for_room() {
    std::lock_guard waiting{room_mutex_};
    room_.notify_all();
  }

  const inbox_limits limits_;
  alignas(64) mutable spin_lock lock_;
  std::uint32_t lingers_ = 0;  ///< The number of whoever has the duty and could do without it.
  std::uint32_t last_linger_ = 0;
  bool duty_taken_ = false;
  bool closed_ = false;
  bool events_open_ = false;
  bool requests_open_ = false;
  chunk_queue<Event> events_;
  std::uint64_t events_out_ = 0;
  std::uint64_t requests_out_ = 0;
  ring<Request> requests_;
  ring<Control> controls_;
  ring<mark> marks_;
  /// What the consumer looks at between two items must not lie where producers write at each push.
  alignas(64) std::atomic<bool> urgent_{false};
  std::atomic<bool> marked_{false};
  std::atomic<int> room_waiters_{0};
  std::mutex room_mutex_;
  std::condition_variable room_;
};

}  // namespace streamspace
