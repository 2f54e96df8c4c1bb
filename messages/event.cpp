#include <streamspace/messages/error.hpp>
#include <streamspace/messages/event.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {

event::event(std::string type, payload_type payload)
    : id_{new_id()}, type_{std::move(type)}, time_{now()}, payload_{std::move(payload)} {
  if (!is_event_type(type_))
    throw error{ec::invalid_argument,
                "'" + type_.substr(0, 80) +
                    "' is not an event type: use segments of letters, digits, '_' and '-' joined by dots"};
}

event::event(const event& other)
    : id_{other.id_}, type_{other.type_}, source_{other.source_}, time_{other.time_}, payload_{other.payload_} {}

const json& event::data() const {
  if (const auto* plain = std::get_if<json>(&payload_)) return *plain;
  std::call_once(view_once_, [this] {
    if (const auto* s = std::get_if<session>(&payload_))
      view_ = *s;
    else if (const auto* u = std::get_if<user>(&payload_))
      view_ = *u;
  });
  return view_;
}

json event::envelope() const {
  return {{"id", id_}, {"type", type_}, {"source", source_}, {"time", to_rfc3339(time_)}, {"data", data()}};
}

}  // namespace streamspace
