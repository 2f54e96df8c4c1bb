#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <streamspace/http/rest.hpp>
#include <streamspace/http/rest_support.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {

namespace {

void demand_to_read(const principal& caller) {
  if (caller.role != "admin" && caller.role != "operator")
    throw error{ec::permission_denied, "looking at events needs the role operator or admin"};
}

/// What is given must mean something: an empty session would be all sessions.
std::string text_query(const request& rq, const char* name) {
  const auto text = rq.query(name);
  if (text && text->empty())
    throw error{ec::invalid_argument, "query parameter '" + std::string{name} + "' must not be empty"};
  return text.value_or("");
}

std::optional<timestamp> time_query(const request& rq, const char* name) {
  const auto text = rq.query(name);
  if (!text) return std::nullopt;
  const auto time = parse_rfc3339(*text);
  if (!time)
    throw error{ec::invalid_argument,
                "query parameter '" + std::string{name} + "' must be an instant such as 2026-03-29T01:00:00Z"};
  return time;
}

event_log_filter filter_of_query(const request& rq) {
  constexpr std::array<std::string_view, 8> known{"type",  "source", "session", "user",
                                                  "since", "until",  "before",  "limit"};
  constexpr int usual_page = 50;
  rest::demand_known_queries(rq, known);
  event_log_filter filter;
  filter.newest_first = true;
  filter.pattern = text_query(rq, "type");
  filter.source = text_query(rq, "source");
  filter.session = text_query(rq, "session");
  filter.user = text_query(rq, "user");
  filter.since = time_query(rq, "since");
  filter.until = time_query(rq, "until");
  if (const auto before = rq.query("before"); before && !(filter.before = parse_log_position(*before)))
    throw error{ec::invalid_argument, "query parameter 'before' must be the position of an event, such as 1234-57"};
  filter.limit = static_cast<std::size_t>(
      rest::int_query(rq, "limit", usual_page, 1, static_cast<int>(event_log_filter::longest)));
  demand_valid(filter);
  return filter;
}

/// {events, next}: `next` is what `before` has to be for those that follow, null after the last.
json shown(const event_log_page& page) {
  json events = json::array();
  for (const auto& e : page.events) events.push_back(e);
  return {{"events", std::move(events)}, {"next", page.at_end ? json(nullptr) : json(to_string(page.looked_up_to))}};
}

json shown(const std::vector<durable_subscription>& subscriptions) {
  return {{"subscriptions", subscriptions}, {"total", subscriptions.size()}};
}

/// An actor's handle, when there is one.
const event_log_actor& demand(const event_log_actor& log) {
  if (!log) throw error{ec::unavailable, "there is no event log, as the runtime has no database"};
  return log;
}

/// Answers with what shown() makes of it.
template <class T>
auto showing(responder& to) {
  return [answer = json_answer{std::move(to)}](const result<T>& what) {
    what ? answer(response{shown(*what)}) : answer(response::from_error(what.error()));
  };
}

}  // namespace

endpoint_list event_routes(actor_gateway gateway, event_log_actor log,
                           std::function<std::vector<event_type_figures>()> figures) {
  using rest::route;
  return {
      route("GET", "/api/events", access::signed_in, "Events of the log, the newest first",
            [gateway, log](const request& rq, responder& to) {
              demand_to_read(rq.caller);
              auto filter = filter_of_query(rq);
              gateway.ask<event_log_page>(demand(log), showing<event_log_page>(to), atom::list_v, std::move(filter));
            }),
      route("GET", "/api/events/subscriptions", access::signed_in, "Durable subscriptions and how far they have come",
            [gateway, log](const request& rq, responder& to) {
              demand_to_read(rq.caller);
              using all = std::vector<durable_subscription>;
              gateway.ask<all>(demand(log), showing<all>(to), atom::follow_v);
            }),
      route("GET", "/api/events/types", access::signed_in, "What became of the events of each type",
            [figures](const request& rq, responder& to) {
              demand_to_read(rq.caller);
              json types = json::array();
              for (const auto& of_type : figures()) types.push_back(of_type);
              const auto total = types.size();
              to(response{json{{"types", std::move(types)}, {"total", total}}});
            }),
  };
}

}  // namespace streamspace
