#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <cli/demo_checks.hpp>

namespace streamspace {

namespace {

/// An event by what it is about: its type and the id of the user or session.
using event_key = std::pair<std::string, std::string>;
using event_counts = std::map<event_key, int>;

std::string number(std::size_t n, std::string_view thing) {
  return std::to_string(n) + " " + std::string{thing} + (n == 1 ? "" : "s");
}

std::string describe(const event_key& key) {
  return key.first + " of " + key.second;
}

demo_check holds_if(std::string name, bool ok, std::string detail) {
  return {std::move(name), ok, std::move(detail)};
}

/// The events that the record says were emitted, of these steps.
template <class Steps>
event_counts expected_events(const demo_record& record, const Steps& steps) {
  event_counts expected;
  for (const auto& call : record.calls)
    if (call.succeeded && std::find(steps.begin(), steps.end(), call.step) != steps.end())
      ++expected[{std::string{event_type_of(call.step)}, call.subject}];
  return expected;
}

/// What is missing, too many or unexpected: the first of it, and how many there are. Empty when there is nothing.
std::string contradiction(const event_counts& expected, const event_counts& found) {
  std::size_t wrong = 0;
  std::string first;
  const auto add = [&](const event_key& key, int wanted, int present) {
    if (wanted == present) return;
    if (++wrong == 1)
      first = describe(key) + " is there " + std::to_string(present) + " times and should be " + std::to_string(wanted);
  };
  for (const auto& [key, wanted] : expected) {
    const auto at = found.find(key);
    add(key, wanted, at == found.end() ? 0 : at->second);
  }
  for (const auto& [key, present] : found)
    if (!expected.contains(key)) add(key, 0, present);
  if (wrong > 1) first += "; and " + std::to_string(wrong - 1) + " more like it";
  return first;
}

demo_check requests_answered(const demo_size& wanted, const demo_record& record) {
  const auto all = demo_user_steps.size() * static_cast<std::size_t>(wanted.users) +
                   demo_session_steps.size() * static_cast<std::size_t>(wanted.sessions);
  const auto good = record.succeeded();
  auto detail = std::to_string(good) + " of " + std::to_string(all);
  if (good != all && !record.complaints.empty()) detail += ": " + record.complaints.front();
  return holds_if("every request was answered as it should be", good == all, std::move(detail));
}

demo_check tables_hold(const demo_record& record, const demo_observation& found) {
  const auto users = static_cast<std::int64_t>(record.user_ids.size());
  const auto left = static_cast<std::int64_t>(record.sessions.size() - record.succeeded(demo_step::delete_session));
  const auto logins = static_cast<std::int64_t>(record.succeeded(demo_step::login));
  return holds_if("the database holds what the requests left",
                  found.users_in_table == users && found.users_logged_in == logins && found.sessions_in_table == left,
                  number(static_cast<std::size_t>(found.users_in_table), "user") + ", " +
                      std::to_string(found.users_logged_in) + " of them logged in; " +
                      number(static_cast<std::size_t>(found.sessions_in_table), "session"));
}

demo_check plugins_caught_up(const demo_observation& found) {
  std::string behind;
  for (const auto& p : found.plugins)
    if (p.queued > 0)
      behind += (behind.empty() ? "" : ", ") + p.name + " has " + number(p.queued, "event") + " waiting";
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(found.catch_up).count();
  return holds_if("the plugins caught up in time", found.caught_up,
                  found.caught_up ? std::to_string(ms) + " ms after the last request"
                                  : "not within " + std::to_string(ms) + " ms" + (behind.empty() ? "" : ": " + behind));
}

demo_check audit_exactly_once(const demo_record& record, const demo_observation& found) {
  event_counts kept;
  std::set<std::string_view> ids;
  for (const auto& e : found.audit_by_sql) {
    ++kept[{e.type, e.subject}];
    ids.insert(e.id);
  }
  auto wrong = contradiction(expected_events(record, all_demo_steps), kept);
  if (wrong.empty() && ids.size() != found.audit_by_sql.size()) wrong = "an event's id is there twice";
  const bool ok = wrong.empty();
  return holds_if("audit has every event exactly once", ok, ok ? number(ids.size(), "event") : wrong);
}

demo_check audit_in_order(const demo_observation& found) {
  std::map<std::string_view, std::vector<const seen_event*>> of_session;
  for (const auto& e : found.audit_by_sql)
    if (e.type.starts_with("session.")) of_session[e.subject].push_back(&e);
  std::size_t wrong = 0;
  std::string first;
  for (const auto& [id, events] : of_session) {
    std::string order;
    bool ok = true;
    for (std::size_t i = 0; i < events.size(); ++i) {
      order += (i == 0 ? "" : ", ") + events[i]->type;
      ok = ok && i < demo_session_steps.size() && events[i]->type == event_type_of(demo_session_steps[i]) &&
           (i == 0 || events[i - 1]->time <= events[i]->time);
    }
    if (!ok && ++wrong == 1) first = "session " + std::string{id} + " has " + order;
  }
  return holds_if("audit has each session's events in order", wrong == 0,
                  wrong == 0 ? number(of_session.size(), "session") : number(wrong, "session") + " not: " + first);
}

demo_check audit_rest_agrees(const demo_observation& found) {
  const bool ok = found.audit_by_rest == found.audit_by_sql;
  return holds_if(
      "audit answers by REST what its table holds", ok,
      number(found.audit_by_rest.size(), "event") + " by REST, " + std::to_string(found.audit_by_sql.size()) +
          " by SQL" +
          (!ok && found.audit_by_rest.size() == found.audit_by_sql.size() ? ", but not the same ones" : ""));
}

demo_check analytics_agree(std::string name, std::string wrong, const demo_usage& analytics) {
  const bool ok = wrong.empty();
  return holds_if(std::move(name), ok,
                  ok ? number(static_cast<std::size_t>(analytics.created), "session") + " of " +
                           number(analytics.templates.size(), "template") + ", " +
                           number(static_cast<std::size_t>(analytics.active_users), "active user") + ", " +
                           std::to_string(analytics.running_seconds) + " s running"
                     : std::move(wrong));
}

demo_check webhook_exactly_once(const demo_record& record, const demo_observation& found) {
  std::map<std::string_view, event_key> by_id;
  for (const auto& e : found.audit_by_sql) by_id[e.id] = {e.type, e.subject};
  event_counts delivered;
  std::size_t duplicates = 0;
  std::string foreign;
  for (const auto& d : found.deliveries) {
    if (d.accepted == 0) continue;
    ++delivered[{d.type, d.subject}];
    duplicates += static_cast<std::size_t>(d.accepted - 1);
    const auto audited = by_id.find(d.id);
    if (audited == by_id.end() || audited->second != event_key{d.type, d.subject})
      foreign = "delivery " + d.id + " (" + d.type + " of " + d.subject + ") is no event that audit has";
  }
  auto wrong = contradiction(expected_events(record, demo_webhook_steps), delivered);
  if (wrong.empty()) wrong = foreign;
  const bool ok = wrong.empty();
  return holds_if(
      "webhook delivered every event exactly once", ok,
      ok ? number(delivered.size(), "event") + ", " + std::to_string(duplicates) + " repeated and left out" : wrong);
}

demo_check webhook_signed(const demo_observation& found) {
  return holds_if("webhook signed every delivery", found.wrong_signatures == 0,
                  found.wrong_signatures == 0 ? "HMAC-SHA256 worked out again by the receiver"
                                              : number(found.wrong_signatures, "wrong signature"));
}

demo_check webhook_tried_again(const demo_observation& found) {
  int refused = 0;
  int came_again = 0;
  for (const auto& d : found.deliveries) {
    if (d.refused == 0) continue;
    ++refused;
    if (d.accepted > 0) ++came_again;
  }
  return holds_if("webhook tried again what the receiver turned down",
                  refused == found.to_be_refused && came_again == refused,
                  std::to_string(came_again) + " of " + std::to_string(found.to_be_refused) + " came again");
}

demo_check thrower_failed(const demo_record& record, const demo_observation& found) {
  const auto thrower = std::find_if(found.plugins.begin(), found.plugins.end(),
                                    [](const seen_plugin& p) { return p.name == demo_thrower_name; });
  if (thrower == found.plugins.end())
    return holds_if("the throwing plugin failed at every event", false, "it is not loaded");
  const auto events = record.succeeded();
  return holds_if("the throwing plugin failed at every event",
                  thrower->failed == events && thrower->delivered == 0 && thrower->dropped == 0,
                  std::to_string(thrower->failed) + " failures counted at " + number(events, "event") + "; it is " +
                      thrower->state);
}

demo_check nobody_disturbed(const demo_observation& found) {
  std::string disturbed;
  std::string others;
  for (const auto& p : found.plugins) {
    if (p.name == demo_thrower_name) continue;
    others += (others.empty() ? "" : ", ") + p.name;
    if (p.state == "enabled" && p.failed == 0 && p.dropped == 0) continue;
    disturbed += (disturbed.empty() ? "" : "; ") + p.name + " is " + p.state + ", " + number(p.failed, "failure") +
                 ", " + std::to_string(p.dropped) + " dropped";
  }
  const bool ok = disturbed.empty() && !others.empty();
  return holds_if("the throwing plugin disturbed nobody", ok,
                  ok               ? others + ": no failure, nothing dropped"
                  : others.empty() ? "no other plugin is loaded"
                                   : disturbed);
}

}  // namespace

std::vector<demo_check> judge(const demo_size& wanted, const demo_record& record, const demo_observation& found) {
  return {
      requests_answered(wanted, record),
      tables_hold(record, found),
      plugins_caught_up(found),
      audit_exactly_once(record, found),
      audit_in_order(found),
      audit_rest_agrees(found),
      analytics_agree("analytics agrees with SQL over the audit log", difference(found.analytics, found.counted_by_sql),
                      found.analytics),
      analytics_agree("analytics agrees with what the clients recorded",
                      difference(found.analytics, usage_of_record(record)), found.analytics),
      webhook_exactly_once(record, found),
      webhook_signed(found),
      webhook_tried_again(found),
      thrower_failed(record, found),
      nobody_disturbed(found),
  };
}

bool all_hold(const std::vector<demo_check>& checks) noexcept {
  return std::all_of(checks.begin(), checks.end(), [](const demo_check& c) { return c.ok; });
}

}  // namespace streamspace
