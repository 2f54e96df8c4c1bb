#include <utility>

#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/make_actor.hpp>
#include <caf/sec.hpp>

#include <streamspace/messages/caf/errors.hpp>
#include <streamspace/plugins/actor_sdk/answer_taker.hpp>
#include <streamspace/plugins/actor_sdk/plugin_messages.hpp>

namespace streamspace {

namespace {

response response_of(const caf::error& why) {
  if (why == caf::sec::unexpected_message)
    return response::problem(404, to_string(ec::not_found), "the plugin's actor takes no requests");
  return response::from_error(from_caf(why));
}

response response_of(const caf::type_erased_tuple& said) {
  if (said.match_elements<response>()) return said.get_as<response>(0);
  if (said.match_elements<json>()) return said.get_as<json>(0);
  if (said.match_elements<std::string>()) return response::text(said.get_as<std::string>(0));
  if (said.match_elements<caf::error>()) return response_of(said.get_as<caf::error>(0));
  if (said.empty() || said.match_elements<caf::unit_t>()) return response::no_content();
  return response::problem(500, to_string(ec::plugin_failed),
                           "the plugin's actor answered a request with something other than a response, JSON or text");
}

}  // namespace

answer_taker* answer_taker::handle::operator->() const noexcept {
  return static_cast<answer_taker*>(actor->get());
}

answer_taker::handle answer_taker::make(caf::actor_system& system) {
  caf::actor_config how;
  return {caf::make_actor<answer_taker, caf::strong_actor_ptr>(system.next_actor_id(), system.node(), &system, how)};
}

std::optional<response> answer_taker::answer() {
  const std::lock_guard lock{mutex_};
  return std::exchange(answer_, std::nullopt);
}

json answer_taker::json_answer() {
  const std::lock_guard lock{mutex_};
  return std::exchange(json_, nullptr);
}

void answer_taker::send_to(responder later) {
  std::optional<response> here;
  {
    const std::lock_guard lock{mutex_};
    here = std::exchange(answer_, std::nullopt);
    if (!here) later_ = std::move(later);
  }
  if (here) later(std::move(*here));
}

void answer_taker::enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) {
  auto said = response_of(what->content());
  responder to;
  {
    const std::lock_guard lock{mutex_};
    if (what->content().match_elements<json>()) json_ = what->content().get_as<json>(0);
    to = std::move(later_);
    if (!to) answer_ = std::move(said);
  }
  if (to) to(std::move(said));
}

}  // namespace streamspace
