#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <caf/actor_addr.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/execution_unit.hpp>
#include <caf/fwd.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/resumable.hpp>

#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

/// Runs a plugin's actors in the plugin's turns, so that nothing of the plugin runs at the same time as they do. What
/// fails in them is the plugin's failure. Thread-safe but for what is said to be in turn.
class turn_unit final : public caf::execution_unit, public std::enable_shared_from_this<turn_unit> {
 public:
  turn_unit(caf::actor_system& system, std::shared_ptr<turn_port> turns, std::shared_ptr<const void> code)
      : caf::execution_unit{&system}, turns_{std::move(turns)}, code_{std::move(code)} {}
  ~turn_unit() override;

  /// In which way an actor belongs to the plugin.
  enum class role : std::uint8_t {
    leader,  ///< Its end is a crash of the plugin.
    helper,  ///< Its end for a reason other than normal is a failure of the plugin.
    stray,   ///< Was made by another one behind the plugin's back (self->spawn).
  };
  /// Ends it with the plugin. When it has not ended.
  void own(const caf::strong_actor_ptr& actor, role as);

  /// Has it begin, and runs what is ready, unless this is one of the plugin's actors itself: then it begins after that.
  /// Throws what it throws as it begins. In turn.
  void begin(caf::scheduled_actor& actor);

  /// By CAF: an actor has something to do. In a later turn of the plugin.
  void exec_later(caf::resumable* ready) override;

  /// Puts a message into the actor's mailbox and runs what is ready. What the actor throws at this message is thrown.
  /// Whether its behavior had something for it, or may have later. In turn.
  bool deliver(const caf::strong_actor_ptr& to, caf::mailbox_element_ptr what);

  /// By an actor of these turns: what it threw, at this message, or while it began (null). In turn.
  void failed(const caf::mailbox_element* at, const std::exception_ptr& what) noexcept;
  /// By one that has a thread of its own.
  void failed_apart(const std::exception_ptr& what) noexcept;
  /// By an actor: its behavior has nothing for the message at hand.
  void unmatched(const caf::message_view& what) noexcept;

  /// Ends all actors, and returns when none runs any more. In turn.
  void end() noexcept;

 private:
  /// Runs what is ready, for a while. In turn.
  void run();
  void run_ready();
  void run_in_later_turn();
  void ended(caf::actor_id who, role as, const caf::error& why) noexcept;
  void adopt_stray(caf::resumable& ready);
  std::vector<caf::strong_actor_ptr> present() const;
  void post_failure(std::function<void()> thrower) noexcept;

  const std::shared_ptr<turn_port> turns_;
  const std::shared_ptr<const void> code_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<caf::actor_id, caf::actor_addr> owned_;  ///< Those that have not ended.
  std::deque<caf::resumable*> ready_;                         ///< With a reference each.
  bool posted_ = false;                                       ///< Whether a turn is to come for them.
  bool running_ = false;
  enum class stage : std::uint8_t { open, ending, closed };
  stage now_ = stage::open;
  const caf::mailbox_element* delivered_ = nullptr;  ///< In turn, while deliver() runs.
  bool begins_ = false;                              ///< In turn, while begin() runs.
  std::exception_ptr thrown_;
  bool matched_ = true;
  bool in_run_ = false;  ///< In turn.
};

}  // namespace streamspace
