#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/response_promise.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/actors/database.hpp>
#include <streamspace/actors/log_limit.hpp>
#include <streamspace/actors/log_news.hpp>
#include <streamspace/messages/log_record.hpp>
#include <streamspace/persistence/event_log_sql.hpp>

namespace streamspace {

/// Who waits until an event is committed to the log: told nothing when it is, or the error, those of the database. The
/// promise is broken when the writer ends before.
struct log_receipt {
  std::shared_ptr<std::promise<std::optional<error>>> promise;
};

/// Writes events to the log, in the order in which they come: all that have come while one statement was under way
/// share the next.
using event_log_writer_actor = caf::typed_actor<caf::reacts_to<atom::write, event_log_row, log_receipt>,
                                                /// When nobody waits: tried again while the database cannot be reached.
                                                caf::reacts_to<atom::append, event_log_row>,
                                                /// Answered when all that came before is written or cannot be.
                                                caf::reacts_to<atom::stop>,
                                                /// Its own.
                                                caf::reacts_to<atom::expire>>;

struct event_log_writer_setup {
  db_pool_actor database;
  std::chrono::milliseconds deadline{10'000};
  std::shared_ptr<log_news> news;
  /// Of rows that nobody waits for: counted down here.
  std::shared_ptr<std::atomic<std::size_t>> waiting;
  log_sink log = [](const log_record&) {};
};

class event_log_writer_state {
 public:
  static constexpr const char* name = "streamspace.event-log-writer";
  using pointer = event_log_writer_actor::stateful_pointer<event_log_writer_state>;

  using clock = std::chrono::steady_clock;

  void begin(pointer self, event_log_writer_setup setup);
  void add(event_log_row row, log_receipt receipt);
  /// Its rest is over, or it has waited long enough for those who come together.
  void resume();
  void stop(caf::response_promise promise);

 private:
  struct entry {
    event_log_row row;
    log_receipt receipt;
  };
  enum class phase : std::uint8_t { idle, gathering, writing, resting };

  void go_on();
  void write();
  void written(std::vector<entry> batch, const error* fault);
  void settle(entry& of, const error* fault);

  pointer self_ = nullptr;
  event_log_writer_setup setup_;
  std::deque<entry> queue_;
  phase phase_ = phase::idle;
  clock::time_point begun_;
  clock::duration took_{};         ///< The last statement.
  std::size_t came_together_ = 0;  ///< So many were waiting for it, and will come again together.
  std::size_t alone_ = 0;          ///< So many go one by one, as one of them is refused.
  std::optional<caf::response_promise> stop_;
  log_limit loss_lines_{std::chrono::seconds{10}};
};

event_log_writer_actor::behavior_type event_log_writer(event_log_writer_state::pointer self,
                                                       event_log_writer_setup setup);

}  // namespace streamspace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::log_receipt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::event_log_row)
