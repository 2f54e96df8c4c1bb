#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include <caf/actor_control_block.hpp>
#include <caf/monitorable_actor.hpp>

#include <streamspace/messages/http_message.hpp>

namespace streamspace {

/// Stands for whoever asked an actor for something, and takes one answer. Runs nothing. Thread-safe.
class answer_taker final : public caf::monitorable_actor {
 public:
  explicit answer_taker(caf::actor_config& how) : caf::monitorable_actor{how} {}

  struct handle {
    caf::strong_actor_ptr actor;
    answer_taker* operator->() const noexcept;
  };
  static handle make(caf::actor_system& system);

  /// As HTTP says it: a response or JSON or text as it is, nothing as 204, an error as a problem document. Nothing when
  /// there is none yet.
  std::optional<response> answer();
  /// The same as JSON; null for whatever is none.
  json json_answer();
  /// Where it goes when it comes later. Given up unanswered, it answers 503.
  void send_to(responder later);

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* where) override;
  using caf::monitorable_actor::enqueue;

 private:
  std::mutex mutex_;
  std::optional<response> answer_;
  json json_;
  responder later_;
};

}  // namespace streamspace
