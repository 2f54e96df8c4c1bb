#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <span>
#include <thread>
#include <vector>

#include <streamspace/actors/gathering.hpp>
#include <streamspace/actors/ring.hpp>
#include <streamspace/actors/spin_lock.hpp>
#include <streamspace/actors/thread_state.hpp>
#include <streamspace/actors/turn_pool.hpp>
#include <streamspace/actors/turn_ticket.hpp>
#include <streamspace/actors/worker_beds.hpp>
#include <streamspace/plugins/sdk/blocking_scope.hpp>

namespace streamspace {

namespace {

using clock = std::chrono::steady_clock;

/// How long a thread that nobody needs stays at hand.
constexpr std::chrono::seconds spare_time{5};

/// A turn that stands still for two ticks is taken to block; one that wants a processor may just not have got one on a
/// busy machine, and has more time.
constexpr std::uint32_t busy_ticks = 10;

/// A turn that says that it blocks costs nobody else anything, so that alone does not earn a thread before it has
/// happened so often within a short time. One that the watchdog had to find does at once.
constexpr unsigned strikes_to_keep = 3;

/// Turns that are done sooner than another worker comes are left to the one that is there.
constexpr std::chrono::microseconds worth_a_wake{20};
/// What takes longer is worth two.
constexpr std::chrono::microseconds worth_two_workers{100};
/// A longer turn counts for so much, so that one that was interrupted is soon forgotten.
constexpr std::chrono::nanoseconds longest_counted{1'000'000};

}  // namespace

/// A thread of the pool: a worker, or a taker's own, or at hand.
class pool_thread final : public turn_thread {
 public:
  explicit pool_thread(turn_pool::core& pool) : pool_{pool} {}
  pool_thread(const pool_thread&) = delete;
  pool_thread& operator=(const pool_thread&) = delete;
  ~pool_thread() override = default;

  void about_to_block() noexcept override;

  /// Turns this turn of a worker into one that keeps its thread. By the thread itself or by the watchdog; false when
  /// the turn has ended or is kept already.
  bool keep_thread(std::uint64_t turn) noexcept {
    return (turn & mode_bits) == pooled &&
           turn_.compare_exchange_strong(turn, (turn & ~std::uint64_t{mode_bits}) | own);
  }

 private:
  friend class turn_pool::core;

  /// The low bits of `turn_`; the rest counts turns, so that a watchdog never takes one turn for another.
  enum mode : std::uint64_t { idle = 0, pooled = 1, own = 2, mode_bits = 3 };

  void begin(mode m) noexcept { turn_.store((turn_.load(std::memory_order_relaxed) | mode_bits) + 1 + m); }
  /// Whether it ends as what it began.
  bool end_pooled() noexcept {
    auto expected = turn_.load();
    return (expected & mode_bits) == pooled &&
           turn_.compare_exchange_strong(expected, expected & ~std::uint64_t{mode_bits});
  }
  void rest() noexcept { turn_.store(turn_.load(std::memory_order_relaxed) & ~std::uint64_t{mode_bits}); }

  turn_pool::core& pool_;
  std::thread thread_;
  std::atomic<pid_t> id_{0};
  std::shared_ptr<turn_taker> taker_;  ///< Changed under the pool's lock.
  std::atomic<std::uint64_t> turn_{0};
  std::atomic<std::uint64_t> progress_{0};
  bool blocked_ = false;  ///< In this turn; the thread's own.
  gathering gathering_;
  bool has_looked_ = false;                    ///< It is to sleep when there is nothing to do, without looking around.
  std::atomic<std::uint64_t> stood_still_{0};  ///< The turn that the watchdog found last, as counted in `turn_`.

  worker_beds::bed* bed_ = nullptr;  ///< While it is a worker.
  std::condition_variable wanted_;   ///< With the pool's lock, or `own_mutex_` when it is a taker's own.
  std::mutex own_mutex_;
  bool due_ = false;

  // The watchdog's.
  std::uint64_t seen_turn_ = 0;
  std::uint64_t seen_progress_ = 0;
  std::uint32_t ticks_still_ = 0;
  std::uint32_t report_at_ = 0;
};

class turn_pool::core : public std::enable_shared_from_this<turn_pool::core> {
 public:
  explicit core(turn_pool_options options) : options_{std::move(options)} {
    if (options_.workers == 0) options_.workers = std::max<std::size_t>(2, std::thread::hardware_concurrency());
    options_.most_threads = std::max(options_.most_threads, options_.workers);
  }

  void begin() {
    watchdog_ = std::thread{[self = shared_from_this()] { self->watch(); }};
    // All of them at once, as it is the sleepers on several processors that are quick to come.
    std::lock_guard lock{mutex_};
    for (std::size_t i = 0; i < options_.workers; ++i) start_thread();
  }

  void submit(std::span<std::shared_ptr<turn_taker>> takers) {
    std::unique_lock lock{mutex_, std::defer_lock};
    for (auto& taker : takers) {
      if (auto* own = taker->own_) {
        std::lock_guard own_lock{own->own_mutex_};
        own->due_ = true;
        own->wanted_.notify_one();
      } else {
        if (!lock) lock.lock();
        queued_time_ += taker->usual_turn_;
        queue_.push_back(std::move(taker));
      }
    }
    if (lock) {
      waiting_.store(queue_.size(), std::memory_order_relaxed);
      const auto called = want_worker();
      lock.unlock();  // Or whoever wakes would run into it.
      called.wake();
    }
    if (watchdog_rests_.load(std::memory_order_relaxed)) {
      std::lock_guard watched{mutex_};
      watchdog_wanted_.notify_one();
    }
  }

  void submit(std::shared_ptr<turn_taker> taker) { submit(std::span{&taker, 1}); }

  bool stop(std::chrono::milliseconds deadline) {
    const auto until = clock::now() + deadline;
    std::vector<std::thread> over;
    bool all = false;
    {
      std::unique_lock lock{mutex_};
      stopping_ = true;
      beds_.wake_all();
      watchdog_wanted_.notify_all();
      for (const auto& t : threads_) {
        std::lock_guard own{t->own_mutex_};
        t->wanted_.notify_all();
      }
      all = ended_.wait_until(lock, until, [this] { return threads_.empty(); });
      // The core itself stays with them until they return.
      for (const auto& t : threads_)
        if (t->thread_.joinable()) t->thread_.detach();
      over.swap(over_);
    }
    for (auto& t : over) t.join();
    if (watchdog_.joinable()) watchdog_.join();
    return all;
  }

  figures now() const {
    std::lock_guard lock{mutex_};
    figures f;
    f.threads = threads_.size();
    f.workers = workers_;
    f.own = own_;
    f.queued = queue_.size();
    f.handed_over = handed_over_;
    return f;
  }

  void keep_thread(pool_thread& of) noexcept {
    std::lock_guard lock{mutex_};
    if (of.keep_thread(of.turn_.load())) lost_worker(of);
  }

 private:
  // -- with the lock held -------------------------------------------------------------------------------------------

  std::shared_ptr<turn_taker> pop() {
    auto next = queue_.pop_front();
    queued_time_ -= next->usual_turn_;
    waiting_.store(queue_.size(), std::memory_order_relaxed);
    return next;
  }

  /// A worker's turn has become one that keeps its thread.
  void lost_worker(pool_thread& to) {
    to.taker_->executor_.store(executor_kind::own, std::memory_order_relaxed);
    worker_beds::leave(*std::exchange(to.bed_, nullptr));
    --workers_;
    ++own_;
    ++handed_over_;
    if (!queue_.empty()) want_worker().wake();
  }

  /// Sees to it that somebody serves the queue.
  worker_beds::called want_worker() {
    // One call at a time; who is called calls the next when there is more to do.
    if (stopping_ || looking_ || beds_.somebody_comes()) return {};
    if (queued_time_ < worth_a_wake && workers_ > beds_.away()) return {};
    if (beds_.somebody_sleeps()) return call_workers();
    if (workers_ >= options_.workers) return {};
    if (!spares_.empty()) {
      auto* const spare = spares_.back();
      spares_.pop_back();
      ++workers_;
      spare->wanted_.notify_one();
    } else if (threads_.size() < options_.most_threads) {
      start_thread();
    }
    return {};
  }

  worker_beds::called call_workers() { return beds_.call(queued_time_ >= worth_two_workers); }

  void start_thread() {
    std::vector<std::thread> over;
    over.swap(over_);
    for (auto& t : over) t.join();  // They have left this lock behind them; nothing of theirs lasts.
    auto made = std::make_unique<pool_thread>(*this);
    auto* const self = made.get();
    threads_.push_back(std::move(made));
    try {
      self->thread_ = std::thread{[self, keep = shared_from_this()] { keep->live(*self); }};
      ++workers_;
    } catch (const std::system_error&) {
      // No thread to be had: those that are there go on.
      threads_.pop_back();
    }
  }

  // -- on a thread of the pool --------------------------------------------------------------------------------------

  void live(pool_thread& self) {
    ::pthread_setname_np(::pthread_self(), "turns");
    self.id_ = this_thread();
    turn_thread::set_current(&self);
    std::unique_lock lock{mutex_};
    do self.bed_ = &beds_.take(self);
    while (work(self, lock) && spares_.size() < options_.workers && be_at_hand(self, lock));
    if (self.bed_) worker_beds::leave(*self.bed_);
    const auto mine = std::find_if(threads_.begin(), threads_.end(), [&](const auto& t) { return t.get() == &self; });
    const auto gone = std::move(*mine);
    threads_.erase(mine);
    if (gone->thread_.joinable()) over_.push_back(std::move(gone->thread_));
    ended_.notify_all();
  }

  /// Serves everyone until it is no worker any more (true) or the pool stops (false).
  bool work(pool_thread& self, std::unique_lock<std::mutex>& lock) {
    while (true) {
      while (queue_.empty() && !stopping_) {
        if (std::exchange(self.has_looked_, false)) {
          sleep(self, lock);
          continue;
        }
        lock.unlock();
        look_around(self, [] { return true; });
        lock.lock();
        self.has_looked_ = queue_.empty();
      }
      if (stopping_) return false;
      self.taker_ = pop();
      const auto next = queue_.empty() ? worker_beds::called{} : want_worker();
      lock.unlock();
      next.wake();
      const bool still_worker = take_pooled_turn(self);
      lock.lock();
      self.taker_.reset();
      if (still_worker) continue;
      --own_;
      if (workers_ >= options_.workers) return true;
      ++workers_;
      self.bed_ = &beds_.take(self);
    }
  }

  void sleep(pool_thread& self, std::unique_lock<std::mutex>& lock) {
    self.gathering_.forget();
    beds_.sleep(
        *self.bed_, lock, [this] { return !queue_.empty(); }, [this] { return stopping_.load(); });
    // The caller may well go on and submit more: a worker that stayed would take its processor from it.
    self.has_looked_ = self.bed_->called_near_on >= 0;
  }

  /// Waits to be a worker again; false when nobody needs it for long.
  bool be_at_hand(pool_thread& self, std::unique_lock<std::mutex>& lock) {
    spares_.push_back(&self);
    const auto chosen = [&] { return std::find(spares_.begin(), spares_.end(), &self) == spares_.end(); };
    self.wanted_.wait_for(lock, spare_time, [&] { return stopping_ || chosen(); });
    if (chosen()) return true;
    std::erase(spares_, &self);
    return false;
  }

  /// False when the thread was handed over to the taker and has left it again.
  bool take_pooled_turn(pool_thread& self) {
    auto& taker = *self.taker_;
    while (true) {
      self.blocked_ = false;
      self.begin(pool_thread::pooled);
      turn_ticket ticket{tick_, self.progress_};
      const auto begun = clock::now();
      taker.run_slice(ticket);
      if (!self.end_pooled()) {
        serve_own(self, taker, ticket.excused());
        self.rest();
        return false;
      }
      taker.usual_turn_ +=
          (std::min<std::chrono::nanoseconds>(clock::now() - begun, longest_counted) - taker.usual_turn_) / 4;
      pass(self.gathering_.after_turn(ticket.items(), waiting_.load(std::memory_order_relaxed)));
      switch (linger(self, taker)) {
        case lingering::due:
          continue;
        case lingering::over:
          return true;
        case lingering::idle:
          break;
      }
      if (!taker.end_turn()) return true;
      if (waiting_.load(std::memory_order_relaxed) > 0 || stopping_) return submit(self.taker_), true;
    }
  }

  static void pass(std::chrono::nanoseconds time) {
    if (time.count() == 0) return;
    for (const auto until = clock::now() + time; clock::now() < until;) {
      for (int i = 0; i < 16; ++i) spin_lock::relax();
    }
  }

  /// Whether more comes for the taker while nobody else wants a turn; idle when it was not waited for.
  lingering linger(pool_thread& self, turn_taker& taker) {
    if (self.has_looked_ || waiting_.load(std::memory_order_relaxed) > 0) return lingering::idle;
    const auto number = taker.linger();
    if (!number) return lingering::idle;
    auto found = lingering::idle;
    if (look_around(self, [&] { return (found = taker.look_again(*number)) == lingering::idle; })) {
      if (found != lingering::idle) return found;
      self.has_looked_ = true;
    }
    return taker.end_linger(*number);
  }

  /// A worker that has nothing to do looks for more for a moment before it sleeps, as to wake it again would cost
  /// whoever submits more than that. It looks seldom enough to find several items at once when they come fast. False
  /// when another one does so already, or there is something.
  template <class Condition>
  bool look_around(pool_thread& self, Condition nothing_else) {
    {
      std::lock_guard lock{mutex_};
      if (looking_ || !queue_.empty() || stopping_) return false;
      looking_ = true;
    }
    const auto until = clock::now() + options_.look_for;
    const auto nothing = [&] {
      return waiting_.load(std::memory_order_relaxed) == 0 && !stopping_ && nothing_else() && clock::now() < until;
    };
    for (int looks = 0; nothing(); ++looks) {
      if (looks == 16) self.gathering_.forget();
      for (int i = 0; i < 16; ++i) spin_lock::relax();
      std::this_thread::yield();
    }
    std::lock_guard lock{mutex_};
    looking_ = false;
    return true;
  }

  /// The thread has the taker's duty, and keeps all its turns until it has behaved for a while.
  void serve_own(pool_thread& self, turn_taker& taker, bool excused) {
    taker.own_ = &self;
    self.due_ = false;
    while (true) {
      const auto at = clock::now();
      note_strike(self, taker, at, excused);
      if (taker.has_ended() || stopping_ || !is_to_keep_thread(taker, at)) return leave(taker);
      if (!taker.end_turn()) {
        self.rest();
        // Who has the duty when nothing comes for so long gives it back, or hands it to this thread.
        while (!await_due(self))
          if (taker.begin_turn()) return leave(taker);
      }
      self.begin(pool_thread::own);
      turn_ticket ticket{tick_, self.progress_};
      taker.run_slice(ticket);
      excused = ticket.excused();
    }
  }

  void note_strike(pool_thread& self, turn_taker& taker, clock::time_point at, bool excused) {
    const bool said = std::exchange(self.blocked_, false);
    const bool found = self.stood_still_.load() == self.turn_.load() >> 2U;
    if (excused || (!said && !found)) return;
    if (at - taker.last_strike_ > options_.behaves_after) taker.strikes_ = 0;
    taker.strikes_ += found ? strikes_to_keep : 1;
    taker.last_strike_ = at;
  }
  bool is_to_keep_thread(const turn_taker& taker, clock::time_point at) const {
    return taker.strikes_ >= strikes_to_keep && at - taker.last_strike_ <= options_.behaves_after;
  }

  /// Back to the pool, with the duty still held.
  void leave(turn_taker& taker) {
    taker.own_ = nullptr;
    taker.executor_.store(executor_kind::pool, std::memory_order_relaxed);
    if (taker.end_turn()) submit(taker.shared_from_this());
  }

  /// Waits until the taker's duty is handed over; false when that takes longer than a blocking taker is remembered.
  bool await_due(pool_thread& self) {
    std::unique_lock lock{self.own_mutex_};
    const auto patience = stopping_ ? std::chrono::milliseconds{1} : options_.behaves_after;
    self.wanted_.wait_for(lock, patience, [&] { return self.due_ || stopping_; });
    return std::exchange(self.due_, false);
  }

  // -- the watchdog -------------------------------------------------------------------------------------------------

  void watch() {
    ::pthread_setname_np(::pthread_self(), "turn-watchdog");
    std::unique_lock lock{mutex_};
    int quiet = 0;
    while (!stopping_) {
      // After a second without a turn it rests until something is submitted.
      if (quiet * options_.tick > std::chrono::seconds{1}) {
        watchdog_rests_ = true;
        if (queue_.empty()) watchdog_wanted_.wait(lock);
        watchdog_rests_ = false;
        quiet = 0;
      } else {
        watchdog_wanted_.wait_for(lock, options_.tick);
      }
      if (stopping_) return;
      tick_.store(tick_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      ++quiet;
      // A turn that was to be short may have turned out long.
      if (!queue_.empty() && beds_.somebody_sleeps()) call_workers().wake();
      const auto reports = look_for_turns_that_stand_still(quiet);
      if (reports.empty() || !options_.report) continue;
      lock.unlock();
      for (const auto& [who, how_long] : reports) options_.report(who, how_long);
      lock.lock();
    }
  }

  std::vector<std::pair<std::string, std::chrono::milliseconds>> look_for_turns_that_stand_still(int& quiet) {
    std::vector<std::pair<std::string, std::chrono::milliseconds>> reports;
    for (const auto& t : threads_) {
      const auto turn = t->turn_.load();
      if ((turn & pool_thread::mode_bits) == pool_thread::idle) continue;
      quiet = 0;
      const auto progress = t->progress_.load(std::memory_order_relaxed);
      if (turn >> 2U != t->seen_turn_ || progress != t->seen_progress_) {
        t->seen_turn_ = turn >> 2U;
        t->seen_progress_ = progress;
        t->ticks_still_ = 0;
        t->report_at_ = static_cast<std::uint32_t>(options_.report_after / options_.tick);
        continue;
      }
      ++t->ticks_still_;
      if (t->ticks_still_ < 2 || (t->ticks_still_ < busy_ticks && is_runnable(t->id_))) continue;
      t->stood_still_ = turn >> 2U;
      t->taker_->stands_still(t->ticks_still_ * options_.tick);
      if (t->keep_thread(turn)) lost_worker(*t);
      if (t->ticks_still_ >= t->report_at_) {
        t->report_at_ *= 2;
        reports.emplace_back(t->taker_->name(), t->ticks_still_ * options_.tick);
      }
    }
    return reports;
  }

  turn_pool_options options_;
  std::atomic<std::uint32_t> tick_{0};
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  ring<std::shared_ptr<turn_taker>> queue_;
  std::list<std::unique_ptr<pool_thread>> threads_;
  std::vector<pool_thread*> spares_;
  std::vector<std::thread> over_;           ///< Threads that have ended and want to be joined.
  std::chrono::nanoseconds queued_time_{};  ///< What is in the queue takes, as far as it can be told.
  std::size_t workers_ = 0;
  std::size_t own_ = 0;
  worker_beds beds_;
  std::size_t handed_over_ = 0;
  bool looking_ = false;                 ///< A worker without work has not gone to sleep yet.
  std::atomic<std::size_t> waiting_{0};  ///< How many are in the queue, for those who look without the lock.
  std::atomic<bool> stopping_{false};
  std::atomic<bool> watchdog_rests_{false};
  std::condition_variable watchdog_wanted_;
  std::thread watchdog_;
};

void pool_thread::about_to_block() noexcept {
  blocked_ = true;
  if ((turn_.load(std::memory_order_relaxed) & mode_bits) == pooled) pool_.keep_thread(*this);
}

turn_pool::turn_pool(turn_pool_options options) : core_{std::make_shared<core>(std::move(options))} {
  core_->begin();
}

turn_pool::~turn_pool() {
  core_->stop(std::chrono::milliseconds{0});
}

namespace {

/// What a thread submits while a turn_pool::together lasts.
struct noted_turns {
  unsigned scopes = 0;
  turn_pool* pool = nullptr;
  std::vector<std::shared_ptr<turn_taker>> takers;
};

thread_local noted_turns noted;

}  // namespace

void turn_pool::submit(std::shared_ptr<turn_taker> taker) {
  if (noted.scopes == 0) return core_->submit(std::move(taker));
  if (noted.pool != this) together::flush();
  noted.pool = this;
  noted.takers.push_back(std::move(taker));
}

turn_pool::together::together() noexcept {
  ++noted.scopes;
}

turn_pool::together::~together() {
  if (--noted.scopes == 0) flush();
}

void turn_pool::together::flush() {
  if (noted.takers.empty()) return;
  noted.pool->core_->submit(noted.takers);
  noted.takers.clear();
}

bool turn_pool::stop(std::chrono::milliseconds deadline) {
  return core_->stop(deadline);
}

turn_pool::figures turn_pool::now() const {
  return core_->now();
}

}  // namespace streamspace
