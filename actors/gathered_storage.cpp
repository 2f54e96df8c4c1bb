#include <condition_variable>
#include <exception>
#include <thread>
#include <utility>

#include <streamspace/actors/gathered_storage.hpp>
#include <streamspace/actors/time_to_gather.hpp>

namespace streamspace {

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
  void await(clock::time_point deadline) {
    std::unique_lock lock{mutex_};
    woken_.wait_until(lock, deadline, [this] { return awake_; });
    awake_ = false;
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
      gatherer_{[this](sql_statement what, auto then) {
                  to_run_.push_back({std::move(what), std::move(then)});
                },
                at_most} {}

gathered_storage::~gathered_storage() = default;

result<std::optional<std::string>> gathered_storage::ask(storage_request what, clock::time_point deadline) {
  const auto me = std::make_shared<caller>();
  std::unique_lock lock{mutex_};
  const auto number = gatherer_.add(std::move(what), [this, me](auto answer) {
    me->set_answer(std::move(answer));
    answered_.push_back(me);
  });
  if (me->has_answer()) {  // It was refused.
    answered_.pop_back();
    return me->take_answer();
  }
  while (!me->has_answer()) {
    if (to_run_.empty() && !gathering_ && gatherer_.may_begin()) begin(lock);
    if (!to_run_.empty()) {
      run(lock);
      continue;
    }
    if (me->has_answer()) break;
    me->place = waiting_.insert(waiting_.end(), me);
    lock.unlock();
    me->await(deadline);
    lock.lock();
    if (!me->place) continue;  // Somebody has woken it, maybe to run what nobody else does.
    stop_waiting(*me);
    return gatherer_.withdraw(number)
               ? failure(ec::timeout, "the storage came not to it before the deadline; nothing was done")
               : failure(ec::timeout,
                         "the storage did not answer before the deadline; whether it was done is not known");
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
    const auto until = clock::now() + time_to_gather(statement_time_);
    do {
      lock.unlock();
      std::this_thread::yield();
      lock.lock();
    } while (gatherer_.waiting() < came_together_ && clock::now() < until);
    gathering_ = false;
    came_together_ = gatherer_.waiting();
  }
  gatherer_.begin();
}

void gathered_storage::run(std::unique_lock<std::mutex>& lock) {
  auto mine = std::move(to_run_.front());
  to_run_.pop_front();
  find_runners();
  lock.unlock();
  const auto begun = clock::now();
  auto came_of_it = execute_safely(mine.what);
  // One that failed says nothing about how long they take.
  const auto took = came_of_it ? clock::now() - begun : clock::duration{};
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

result<sql_result> gathered_storage::execute_safely(const sql_statement& what) const {
  try {
    return run_(what);
  } catch (const std::exception& e) {
    return failure(ec::internal, std::string{"a statement of the storage failed: "} + e.what());
  }
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
