#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

#include <cli/demo_usage.hpp>

namespace streamspace {

namespace {

constexpr double tolerance_seconds = 1e-3;

double seconds(duration d) {
  return std::chrono::duration<double>(d).count();
}

/// Gathers what two counts differ in.
class differences {
 public:
  explicit differences(std::string other) : other_{std::move(other)} {}

  void compare(const std::string& what, std::int64_t analytics, std::int64_t other) {
    if (analytics != other) add(what, std::to_string(analytics), std::to_string(other));
  }
  void compare(const std::string& what, double analytics, double least, double most) {
    if (analytics < least - tolerance_seconds || analytics > most + tolerance_seconds)
      add(what, std::to_string(analytics), std::to_string(least) + " to " + std::to_string(most));
  }
  void compare(const std::map<std::string, std::int64_t>& analytics, const std::map<std::string, std::int64_t>& other) {
    std::set<std::string> names;
    for (const auto& [name, n] : analytics) names.insert(name);
    for (const auto& [name, n] : other) names.insert(name);
    const auto of = [](const auto& counts, const std::string& name) {
      const auto found = counts.find(name);
      return found == counts.end() ? 0 : found->second;
    };
    for (const auto& name : names) compare("sessions of " + name, of(analytics, name), of(other, name));
  }
  void add(const std::string& what, const std::string& analytics, const std::string& other) {
    if (!text_.empty()) text_ += "; ";
    text_ += what + ": analytics " + analytics + ", " + other_ + " " + other;
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string other_;
  std::string text_;
};

std::string describe(const demo_usage::hour& h) {
  return std::to_string(h.created) + "/" + std::to_string(h.started) + "/" + std::to_string(h.ended);
}

}  // namespace

demo_usage usage_of_analytics(const json& summary, const json& hourly, const json& templates) {
  demo_usage usage;
  const auto& sessions = summary.at("sessions");
  usage.created = sessions.at("created").get<std::int64_t>();
  usage.ended = sessions.at("ended").get<std::int64_t>();
  usage.running = sessions.at("running").get<std::int64_t>();
  usage.active_users = summary.at("users").at("active").get<std::int64_t>();
  const auto& durations = summary.at("durations");
  usage.ran = durations.at("count").get<std::int64_t>();
  usage.running_seconds = durations.at("total").get<double>();
  if (usage.ran > 0) usage.median_seconds = durations.at("p50").get<double>();
  for (const auto& t : templates.at("templates"))
    usage.templates[t.at("template").get<std::string>()] = t.at("sessions").get<std::int64_t>();
  for (const auto& h : hourly.at("hours")) {
    const demo_usage::hour counts{h.at("created").get<std::int64_t>(), h.at("started").get<std::int64_t>(),
                                  h.at("ended").get<std::int64_t>()};
    if (counts != demo_usage::hour{}) usage.hours[h.at("hour").get<std::string>()] = counts;
  }
  return usage;
}

recorded_usage usage_of_record(const demo_record& record) {
  recorded_usage usage;
  std::unordered_map<std::string_view, std::array<const demo_call*, all_demo_steps.size()>> of_session;
  std::set<std::string_view> active;
  for (const auto& call : record.calls) {
    if (!call.succeeded) continue;
    of_session[call.subject][static_cast<std::size_t>(call.step)] = &call;
    if (call.step == demo_step::login) active.insert(call.subject);
  }
  for (const auto& s : record.sessions) {
    ++usage.created;
    ++usage.templates[s.template_name];
    active.insert(s.user_id);
    const auto& calls = of_session[s.id];
    const auto at = [&](demo_step step) { return calls[static_cast<std::size_t>(step)]; };
    if (at(demo_step::stop)) ++usage.ended;
    // The platform dated each step between the client's sending and the answer.
    const auto ran = [&](const demo_call* from, const demo_call* to) {
      if (!from || !to) return;
      usage.least_running_seconds += std::max(0.0, seconds(to->sent - from->answered));
      usage.most_running_seconds += seconds(to->answered - from->sent);
    };
    ran(at(demo_step::start), at(demo_step::hibernate));
    ran(at(demo_step::wake), at(demo_step::stop));
  }
  usage.active_users = static_cast<std::int64_t>(active.size());
  return usage;
}

std::string difference(const demo_usage& analytics, const demo_usage& counted) {
  differences found{"SQL"};
  found.compare("sessions created", analytics.created, counted.created);
  found.compare("sessions ended", analytics.ended, counted.ended);
  found.compare("sessions running", analytics.running, counted.running);
  found.compare("active users", analytics.active_users, counted.active_users);
  found.compare("sessions that ran", analytics.ran, counted.ran);
  found.compare("seconds running", analytics.running_seconds, counted.running_seconds, counted.running_seconds);
  found.compare("median seconds", analytics.median_seconds, counted.median_seconds, counted.median_seconds);
  found.compare(analytics.templates, counted.templates);
  std::set<std::string> hours;
  for (const auto& [hour, counts] : analytics.hours) hours.insert(hour);
  for (const auto& [hour, counts] : counted.hours) hours.insert(hour);
  const auto of = [](const auto& all, const std::string& hour) {
    const auto at = all.find(hour);
    return at == all.end() ? demo_usage::hour{} : at->second;
  };
  for (const auto& hour : hours)
    if (of(analytics.hours, hour) != of(counted.hours, hour))
      found.add("created/started/ended at " + hour, describe(of(analytics.hours, hour)),
                describe(of(counted.hours, hour)));
  return std::move(found).text();
}

std::string difference(const demo_usage& analytics, const recorded_usage& recorded) {
  differences found{"the clients"};
  found.compare("sessions created", analytics.created, recorded.created);
  found.compare("sessions ended", analytics.ended, recorded.ended);
  found.compare("active users", analytics.active_users, recorded.active_users);
  found.compare("seconds running", analytics.running_seconds, recorded.least_running_seconds,
                recorded.most_running_seconds);
  found.compare(analytics.templates, recorded.templates);
  return std::move(found).text();
}

}  // namespace streamspace
