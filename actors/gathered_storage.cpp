#include <condition_variable>
#include <thread>
#include <utility>

#include <streamspace/actors/gathered_storage.hpp>

namespace streamspace {

namespace {

/// Those who come together are waited for during so small a part of what a statement takes.
constexpr int part_to_gather = 4;

}  // namespace

/// One call under way. What it waits for comes under a lock of its own, so that those who are woken together do not
/// run into each other.
class gathered_storage::caller {
 public:
  using answer = result<std::optional<std::string>>;

  /// Under the storage's lock.
  bool has_answer() const noexcept { return answer_.has_value(); }
  void set_answer(answer a) { answer_ = std::move(a); }
  answer take_answer() { return std::move(*answer_); }

  /// Ends the caller's wait.
  void wake() {
    std::lock_guard lock{mutex_};
    awake_ = true;
    woken_.notify_one();
  }
  /// False when the deadline came first.
  bool await(clock::time_point deadline) {
    std::unique_lock lock{mutex_};
    const bool in_time = woken_.wait_until(lock, deadline, [this] { return awake_; });
    awake_ = false;
    return in_time;
  }

  std::optional<std::list<caller_ptr>::iterator> place;  ///< In waiting_. Under the storage's lock.

 private:
  std::optional<answer> answer_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool awake_ = false;
};

gathered_storage::gathered_storage(execute run, limits at_most)
    : run_{std::move(run)},
      gatherer_{{.query =
                     [this](sql_statement what, auto then) {
                       to_run_.push_back({std::move(what), std::move(then)});
                     },
                 .most_waiting = at_most.most_waiting,
                 .most_under_way = at_most.most_under_way}} {}

gathered_storage::~gathered_storage() = default;

result<std::optional<std::string>> gathered_storage::ask(storage_request what, clock::time_point deadline) {
  const auto me = std::make_shared<caller>();
  std::unique_lock lock{mutex_};
  gatherer_.add(std::move(what), [this, me](auto answer) {
    me->set_answer(std::move(answer));
    answered_.push_back(me);
  });
  while (!me->has_answer()) {
    if (to_run_.empty() && !gathering_ && gatherer_.may_begin()) begin(lock);
    if (!to_run_.empty()) {
      run(lock);
      continue;
    }
    if (me->has_answer()) break;
    me->place = waiting_.insert(waiting_.end(), me);
    lock.unlock();
    const bool in_time = me->await(deadline);
    lock.lock();
    stop_waiting(*me);
    if (!in_time && !me->has_answer())
      return failure(ec::timeout, "the storage did not answer before the deadline; whether it was done is not known");
  }
  find_runners();
  return me->take_answer();
}

std::size_t gathered_storage::waiting() const {
  const std::lock_guard lock{mutex_};
  return gatherer_.waiting();
}

void gathered_storage::begin(std::unique_lock<std::mutex>& lock) {
  if (came_together_ > 1 && gatherer_.waiting() < came_together_) {
    gathering_ = true;
    const auto until = clock::now() + statement_time_ / part_to_gather;
    do {
      lock.unlock();
      std::this_thread::yield();
      lock.lock();
    } while (gatherer_.waiting() < came_together_ && clock::now() < until);
    gathering_ = false;
  }
  gatherer_.begin();
}

void gathered_storage::run(std::unique_lock<std::mutex>& lock) {
  auto mine = std::move(to_run_.front());
  to_run_.pop_front();
  lock.unlock();
  const auto begun = clock::now();
  auto came_of_it = run_(mine.what);
  const auto took = clock::now() - begun;
  lock.lock();
  statement_time_ = took;
  mine.then(std::move(came_of_it));
  const auto answered = std::exchange(answered_, {});
  came_together_ = answered.size();
  for (const auto& each : answered) stop_waiting(*each);
  // Before the others are woken, each of which takes a while.
  find_runners();
  lock.unlock();
  for (const auto& each : answered) each->wake();
  lock.lock();
}

void gathered_storage::stop_waiting(caller& c) {
  if (c.place) waiting_.erase(*c.place);
  c.place.reset();
}

void gathered_storage::find_runners() {
  auto to_do = to_run_.size() + (!gathering_ && gatherer_.may_begin() ? 1 : 0);
  for (; to_do > 0 && !waiting_.empty(); --to_do) {
    const auto next = waiting_.front();
    stop_waiting(*next);
    next->wake();
  }
}

}  // namespace streamspace
