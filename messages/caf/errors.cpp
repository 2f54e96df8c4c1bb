#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

#include <streamspace/messages/caf/errors.hpp>
#include <streamspace/messages/json.hpp>

namespace streamspace {

namespace {

constexpr caf::atom_value our_category = caf::detail::error_factory<ec>::category;
constexpr caf::atom_value runtime_category = caf::atom("system");  // That of caf::sec.

/// What is no list of names and values, as another node may send it, counts as none.
error::facts read_facts(const std::string& text) {
  try {
    return json::parse(text).get<error::facts>();
  } catch (const json::exception&) {
    return {};
  }
}

}  // namespace

caf::error to_caf(const error& e) {
  // Replaced rather than thrown: what an actor answers must not end it.
  return caf::make_error(e.code(), e.message(), json(e.context()).dump(-1, ' ', false, json::error_handler_t::replace));
}

error from_caf(const caf::error& e) {
  if (!e) return {ec::internal, "an error without a reason"};
  if (e.category() == our_category) {
    const auto& context = e.context();
    if (context.match_elements<std::string, std::string>()) {
      return {static_cast<ec>(e.code()), context.get_as<std::string>(0), read_facts(context.get_as<std::string>(1))};
    }
    return {static_cast<ec>(e.code()), std::string{to_string(static_cast<ec>(e.code()))}};
  }
  if (e.category() == runtime_category) {
    const auto code = static_cast<caf::sec>(e.code());
    if (code == caf::sec::request_timeout) return {ec::timeout, "no answer before the deadline"};
    if (code == caf::sec::request_receiver_down)
      return {ec::unavailable, "the part of the runtime that was asked is not running; it may be shutting down"};
    return {ec::internal, "the actor system answered: " + caf::to_string(code)};
  }
  return {ec::unavailable, "the part of the runtime that was asked has ended (" + caf::to_string(e) + ")"};
}

}  // namespace streamspace
