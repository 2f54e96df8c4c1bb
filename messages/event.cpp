#include <streamspace/messages/error.hpp>
#include <streamspace/messages/event.hpp>
#include <streamspace/messages/footprint.hpp>
#include <streamspace/messages/json_members.hpp>
#include <streamspace/messages/json_nesting.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {

namespace {

/// As deep as the database's JSON is nested at most (persistence/json_text.hpp).
constexpr unsigned deepest_envelope = 512;

}  // namespace

event::event(std::string type) : type_{std::move(type)} {
  demand_type();
}

event::event(std::string_view type) : type_{type} {
  demand_type();
}

void event::demand_type() const {
  if (!is_event_type(type_))
    throw error{ec::invalid_argument,
                "'" + type_.substr(0, 80) +
                    "' is not an event type: use segments of letters, digits, '_' and '-' joined by dots"};
}

event::event(std::string type, payload_type payload) : event{std::move(type)} {
  payload_ = store(std::move(payload));
}

event event::restored(std::string_view envelope) {
  if (nests_deeper_than(envelope, deepest_envelope))
    throw error{ec::invalid_argument,
                "an event's envelope nests deeper than " + std::to_string(deepest_envelope) + " levels"};
  auto members = json::parse(envelope, nullptr, false);
  json_members::demand_object(members, "an event's envelope");
  std::string id, type, source;
  timestamp time;
  json_members::require(members, "id", id);
  json_members::require(members, "type", type);
  json_members::require(members, "source", source);
  json_members::require(members, "time", time);
  const auto data = members.find("data");
  if (data == members.end()) throw error{ec::invalid_argument, "member 'data' is missing", {{"member", "data"}}};
  return restored(id, std::move(type), std::move(source), time, std::move(*data));
}

event event::restored(std::string_view id, std::string type, std::string source, timestamp time, json data) {
  const auto read_id = event_id::parse(id);
  if (!read_id) json_members::wrong_kind("id", "an event's id");
  event back{std::move(type), std::move(data)};
  back.id_ = *read_id;
  back.set_source(std::move(source));
  back.set_time(time);
  return back;
}

event::stored_payload event::store(payload_type payload) {
  if (auto* s = std::get_if<session>(&payload)) return std::make_shared<const typed_payload<session>>(std::move(*s));
  if (auto* u = std::get_if<user>(&payload)) return std::make_shared<const typed_payload<user>>(std::move(*u));
  return std::move(std::get<json>(payload));
}

// Here, so that what an event leads to is never code of a plugin, which may be gone before the event.
void event::set_source(std::string source) {
  source_ = std::make_shared<const std::string>(std::move(source));
}

const json& event::data() const {
  static const json nothing = json::object();
  return std::visit(
      [](const auto& payload) -> const json& {
        using kind = std::decay_t<decltype(payload)>;
        if constexpr (std::is_same_v<kind, std::monostate>) {
          return nothing;
        } else if constexpr (std::is_same_v<kind, json>) {
          return payload;
        } else {
          std::call_once(payload->once, [&] { payload->view = payload->value; });
          return payload->view;
        }
      },
      payload_);
}

std::size_t event::footprint() const noexcept {
  return sizeof(event) + std::visit(
                             [](const auto& payload) -> std::size_t {
                               using kind = std::decay_t<decltype(payload)>;
                               if constexpr (std::is_same_v<kind, std::monostate>)
                                 return 0;
                               else if constexpr (std::is_same_v<kind, json>)
                                 return approximate_bytes(payload);
                               else
                                 return approximate_bytes(payload->value);
                             },
                             payload_);
}

json event::envelope() const {
  return {{"id", id()}, {"type", type_}, {"source", *source_}, {"time", to_rfc3339(time_)}, {"data", data()}};
}

}  // namespace streamspace
