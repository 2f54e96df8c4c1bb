#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include <streamspace/actors/turn_taker.hpp>

namespace streamspace {

struct turn_pool_options {
  std::size_t workers = 0;          ///< Threads that serve everyone; 0: as many as the machine has cores, at least 2.
  std::size_t most_threads = 1024;  ///< With those of blocking plugins. Past it, what blocks holds up others.
  std::chrono::milliseconds tick{5};
  std::chrono::microseconds look_for{50};          ///< A worker without work looks around for so long before it sleeps.
  std::chrono::milliseconds behaves_after{1'000};  ///< Without blocking for so long, back among the others.
  /// Called when a turn has stood still for so long, and again whenever that time has doubled; on the watchdog's
  /// thread.
  std::chrono::milliseconds report_after{1'000};
  std::function<void(const std::string& who, std::chrono::milliseconds stands_still)> report;
};

/// The threads that take the turns of all plugins (turn_taker). There are always as many workers as were asked for that
/// do not block: a turn in which a blocking_scope begins, or which a watchdog finds standing still for two ticks, keeps
/// its thread as one of its own, and another takes the worker's place. A taker keeps its own thread until it has
/// behaved for a while. So a plugin that sleeps delays the others by some milliseconds, once. Thread-safe; free of
/// actors.
class turn_pool {
 public:
  explicit turn_pool(turn_pool_options options = {});
  turn_pool(const turn_pool&) = delete;
  turn_pool& operator=(const turn_pool&) = delete;
  /// stop(), without waiting for turns that do not return.
  ~turn_pool();

  /// Sees to it that the taker, whose duty the caller has, gets a turn. Does not block.
  void submit(std::shared_ptr<turn_taker> taker);

  /// While it lasts, what the calling thread submits is only noted down; all of it gets its turns at the end, for the
  /// price of one wake. Whoever waits for such a turn must end it first, or flush() it. Scopes within it add to it.
  /// A pool outlives the scopes in which it was given turns; what is given to another one ends the wait of the first.
  class together {
   public:
    together() noexcept;
    together(const together&) = delete;
    together& operator=(const together&) = delete;
    ~together();

    /// Submits what the calling thread has noted down so far.
    static void flush();
  };

  /// Ends the threads, those that are in a turn once it ends. False when some were not back before the deadline; they
  /// are left to themselves then. Turns that were submitted and not begun are not taken.
  bool stop(std::chrono::milliseconds deadline);

  struct figures {
    std::size_t threads = 0;      ///< All that exist now.
    std::size_t workers = 0;      ///< Of those, serving everyone.
    std::size_t own = 0;          ///< Of those, with one taker of their own.
    std::size_t queued = 0;       ///< Takers waiting for a worker.
    std::size_t handed_over = 0;  ///< How often a blocking turn has kept its thread, ever.
  };
  figures now() const;

 private:
  friend class pool_thread;
  class core;
  std::shared_ptr<core> core_;
};

}  // namespace streamspace
