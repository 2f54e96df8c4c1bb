#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <streamspace/messages/error.hpp>
#include <streamspace/messages/sql.hpp>
#include <streamspace/persistence/storage_sql.hpp>

namespace streamspace {

/// Gathers what many callers want of plugin_storage: those that wait when a statement is begun go together in it, so
/// that they share its way to the server and its commit. Nobody is answered before that is done. When PostgreSQL
/// refuses a statement for the sake of a row, the others are tried without it, and its caller alone has the error.
/// Requests that wait at the same time have no order among them; of two values for one key the later one is kept. Not
/// thread-safe: calls and answers come one at a time.
class storage_gatherer {
 public:
  /// As read_storage_answers() has it for one request.
  using answer = std::function<void(result<std::optional<std::string>>)>;
  /// Runs a statement, committed by itself, and calls back once, not before it has returned.
  using query = std::function<void(sql_statement, std::function<void(result<sql_result>)>)>;
  struct limits {
    std::size_t most_waiting = 65'536;
    std::size_t most_rows = 512;                     ///< In a statement.
    std::size_t most_bytes = std::size_t{4} << 20U;  ///< The same; a larger request goes alone.
    std::size_t most_under_way = 2;                  ///< Statements of each kind.
  };

  storage_gatherer(query run, limits at_most) : query_{std::move(run)}, at_most_{at_most} {}
  storage_gatherer(const storage_gatherer&) = delete;
  storage_gatherer& operator=(const storage_gatherer&) = delete;
  /// Whoever waits is answered unavailable.
  ~storage_gatherer();

  /// Answers unavailable at once when too many wait. A number for withdraw().
  std::uint64_t add(storage_request what, answer done);
  /// Whether it was in no statement yet: then it is in none ever, and is not answered.
  bool withdraw(std::uint64_t number);

  /// Whether something waits that begin() would send.
  bool may_begin() const noexcept;
  /// Begins as many statements as may be under way, for those that wait.
  void begin();

  std::size_t waiting() const noexcept { return waiting_; }

 private:
  struct caller {
    storage_request what;
    answer done;
    std::uint64_t number;
  };
  /// What goes in one statement, and who waits for which of its rows.
  struct batch {
    std::vector<storage_request> rows;
    std::vector<std::vector<answer>> callers;  ///< By row.
    unsigned attempts = 0;
  };
  struct lane {
    std::deque<caller> queue;
    std::set<std::shared_ptr<batch>> under_way;
  };

  bool may_begin(const lane& of) const noexcept {
    return !of.queue.empty() && of.under_way.size() < at_most_.most_under_way;
  }
  std::shared_ptr<batch> take_batch(lane& from) const;
  void run(lane& of, const std::shared_ptr<batch>& what);
  static void answer_all(const batch& of, const error& why);
  void settle(lane& of, const std::shared_ptr<batch>& what, const result<sql_result>& came_of_it);
  void split(lane& of, batch& what);

  const query query_;
  const limits at_most_;
  std::array<lane, storage_request::kinds> lanes_;
  std::size_t waiting_ = 0;
  std::uint64_t last_number_ = 0;
};

}  // namespace streamspace
