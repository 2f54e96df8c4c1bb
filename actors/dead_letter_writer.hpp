#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <streamspace/actors/dead_letters.hpp>
#include <streamspace/actors/log_limit.hpp>
#include <streamspace/messages/log_record.hpp>
#include <streamspace/messages/sql.hpp>

namespace streamspace {

/// Brings dead letters from the ring into the database, where they stay: a letter is in the ring, or in the batch that
/// is written, or in the table. What the ring pushes out before its turn comes, and what the database cannot hold, is
/// counted and said in the log. A write that fails is tried again. Not thread-safe: calls and answers come one at a
/// time.
class dead_letter_writer {
 public:
  using clock = log_limit::clock;
  using answer = std::function<void(result<sql_result>)>;
  struct setup {
    std::shared_ptr<dead_letters> letters;
    /// Runs a statement and calls back once, maybe at once.
    std::function<void(sql_statement, answer)> query;
    std::size_t keep = 100'000;  ///< Rows; at least 1.
    log_sink log;
    std::function<clock::time_point()> now = clock::now;
  };

  explicit dead_letter_writer(setup with);

  /// Writes one batch of what is new, and says in the log what was lost. Called regularly, it bounds what a storm of
  /// dead letters asks of the database to one batch a call.
  void tick();
  /// Writes everything that was in the ring by now; an error when that failed.
  void flush(std::function<void(result<void>)> then);
  /// Calls back when no write is under way, maybe at once.
  void settle(std::function<void()> then);
  /// A letter that has left the ring and is not known to be in the table; null for any other.
  const dead_letter* pending(std::uint64_t id) const noexcept;
  /// Gives up what is not in the database by now, and says how much was lost. No write may be under way.
  void end();

 private:
  /// Whether there was anything to write.
  using written = std::function<void(result<bool>)>;

  void flush_up_to(std::uint64_t last, std::function<void(result<void>)> then);
  /// A batch of letters up to that id; no write may be under way.
  void write(std::uint64_t last, written then);
  void take_batch(std::uint64_t last);
  void wrote(result<sql_result> rows, const written& then);
  void trim();
  void renew_ids();
  void count_pushed_out();
  void lose(std::size_t how_many, const std::string& why);
  void say_what_was_lost();
  void log(log_level level, std::string message, json data);

  setup with_;
  std::vector<dead_letter> batch_;
  std::vector<std::string> rows_;  ///< Those of the batch.
  bool under_way_ = false;
  clock::time_point next_try_{};
  std::vector<std::function<void()>> waiting_;
  std::size_t since_trim_;  ///< Rows written.
  bool trimming_ = false;
  bool renewing_ = false;
  std::uint64_t renew_from_ = 0;  ///< When the ids have come so far, new ones are drawn.
  std::uint64_t seen_pushed_out_ = 0;
  std::uint64_t lost_ = 0;  ///< Not yet said.
  std::string why_lost_;
  log_limit loss_lines_;
  log_limit failure_lines_;
};

}  // namespace streamspace
