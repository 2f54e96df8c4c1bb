#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <streamspace/actors/storage_gatherer.hpp>

namespace streamspace {

/// The rows of plugin_storage for callers that wait. Whoever finds that a statement can be sent runs it on its own
/// thread, for all whose requests are gathered in it, and wakes them; meanwhile the next ones gather. Those who were
/// woken together mostly come again together, so the first of them waits a moment for the others. So a caller that is
/// alone goes straight to the server, and many share their way. Thread-safe.
class gathered_storage {
 public:
  using clock = std::chrono::steady_clock;
  /// Runs a statement, committed by itself, on the calling thread. By several threads at once; it must end.
  using execute = std::function<result<sql_result>(const sql_statement&)>;

  using limits = storage_gatherer::limits;

  explicit gathered_storage(execute run) : gathered_storage{std::move(run), limits{}} {}
  gathered_storage(execute run, limits at_most);
  /// Nobody may be in a call.
  ~gathered_storage();
  gathered_storage(const gathered_storage&) = delete;
  gathered_storage& operator=(const gathered_storage&) = delete;

  /// As read_storage_answers() has it for one request. A write is committed when this returns. Blocks until then, at
  /// most until the deadline and for as long as a statement may take that this call itself runs. Errors: those of the
  /// statement; unavailable when too many wait; timeout, which says whether it is known that it was not done.
  result<std::optional<std::string>> ask(storage_request what, clock::time_point deadline);

  /// How many requests are in no statement yet.
  std::size_t waiting() const;

 private:
  class caller;
  using caller_ptr = std::shared_ptr<caller>;
  struct statement {
    sql_statement what;
    std::function<void(result<sql_result>)> then;
  };

  void stop_waiting(caller& c);
  /// Begins statements once those have come that are likely to. Lets the lock go meanwhile.
  void begin(std::unique_lock<std::mutex>& lock);
  /// Runs a statement that was begun, and wakes those who are answered. Lets the lock go meanwhile.
  void run(std::unique_lock<std::mutex>& lock);
  /// Whatever the statement throws is its failure.
  result<sql_result> execute_safely(const sql_statement& what) const;
  /// Has those who wait do what is to be done.
  void find_runners();

  const execute run_;
  mutable std::mutex mutex_;
  std::deque<statement> to_run_;
  std::list<caller_ptr> waiting_;     ///< Those who do nothing but wait, in the order in which they came.
  bool gathering_ = false;            ///< Somebody is in begin().
  std::size_t came_together_ = 0;     ///< How many the last statement answered, or came since.
  clock::duration statement_time_{};  ///< What that took.
  std::vector<caller_ptr> answered_;  ///< Those who are to be woken.
  storage_gatherer gatherer_;
};

}  // namespace streamspace
