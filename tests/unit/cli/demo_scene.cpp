#include "demo_scene.hpp"

namespace streamspace::testing {

namespace {

using std::chrono::milliseconds;

/// Plays a run on a clock of its own: each request takes 10 ms, and the platform dates its event in the middle of it.
class player {
 public:
  demo_scene play() {
    scene_.record.began = at_;
    for (int i = 0; i < scene_.size.users; ++i) {
      scene_.record.user_ids.push_back("u" + std::to_string(i));
      step(demo_step::create_user, "u" + std::to_string(i));
      step(demo_step::login, "u" + std::to_string(i));
    }
    for (int i = 0; i < scene_.size.sessions; ++i) {
      const auto id = "s" + std::to_string(i);
      scene_.record.sessions.push_back({id, "u" + std::to_string(i % scene_.size.users), i < 3 ? "firefox" : "gimp"});
      for (const auto s : demo_session_steps) step(s, id);
    }
    for (const auto& id : scene_.record.user_ids) step(demo_step::logout, id);
    scene_.record.ended = at_;
    scene_.record.took = scene_.record.ended - scene_.record.began;
    observe();
    return scene_;
  }

 private:
  void step(demo_step s, const std::string& subject) {
    const auto answered = at_ + milliseconds{10};
    scene_.record.calls.push_back({s, subject, at_, answered, answered - at_, true});
    const auto id = "e" + std::to_string(scene_.record.calls.size());
    scene_.found.audit_by_sql.push_back({id, std::string{event_type_of(s)}, subject, at_ + milliseconds{5}});
    if (s == demo_step::create_user || s == demo_step::delete_session)
      scene_.found.deliveries.push_back({id, std::string{event_type_of(s)}, subject, 0, 1});
    at_ = answered;
  }

  void observe() {
    auto& found = scene_.found;
    found.caught_up = true;
    found.catch_up = milliseconds{40};
    found.users_in_table = found.users_logged_in = scene_.size.users;
    found.audit_by_rest = found.audit_by_sql;
    found.analytics.created = found.analytics.ended = found.analytics.ran = scene_.size.sessions;
    found.analytics.active_users = scene_.size.users;
    found.analytics.templates = {{"firefox", 3}, {"gimp", 1}};
    found.analytics.hours["2023-11-14T22:00:00.000000Z"] = {4, 4, 4};
    // From the middle of one request to the middle of the next, twice a session.
    found.analytics.running_seconds = 4 * 2 * 0.010;
    found.analytics.median_seconds = 2 * 0.010;
    found.counted_by_sql = found.analytics;
    found.to_be_refused = 1;
    found.deliveries.front().refused = 1;
    const auto events = scene_.record.succeeded();
    found.plugins = {{"analytics", "enabled", 27, 0, 0, 0},
                     {"audit", "enabled", events, 0, 0, 0},
                     {std::string{demo_thrower_name}, "enabled", 0, events, 0, 0},
                     {"webhook", "enabled", events, 0, 0, 0}};
  }

  timestamp at_{std::chrono::seconds{1'700'000'000}};
  demo_scene scene_;
};

}  // namespace

demo_scene good_scene() {
  return player{}.play();
}

}  // namespace streamspace::testing
