#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include <cli/demo_driver.hpp>
#include <cli/http_client.hpp>

#include <streamspace/messages/error.hpp>

namespace streamspace {

namespace {

/// So many failures show that something is broken; more of them would only take time.
constexpr std::size_t most_complaints = 20;

constexpr std::array templates{"ubuntu-desktop", "firefox", "vscode", "blender", "jupyter", "gimp", "terminal"};

struct demo_user {
  std::string id;
  std::string username;
  std::string password;
  std::string token;
};

/// Where a step of a session is done.
struct session_request {
  const char* method;
  const char* action;  ///< After /api/sessions/:id
  int status;
};

session_request request_of(demo_step step) {
  switch (step) {
    case demo_step::start:
      return {"POST", "/start", 200};
    case demo_step::hibernate:
      return {"POST", "/hibernate", 200};
    case demo_step::wake:
      return {"POST", "/wake", 200};
    case demo_step::stop:
      return {"POST", "/stop", 200};
    case demo_step::delete_session:
      return {"DELETE", "", 204};
    default:
      throw error{ec::internal, std::string{to_string(step)} + " is no step of a session that exists"};
  }
}

class driver {
 public:
  driver(const demo_drive& plan, const std::stop_token& stop) : plan_{plan}, stop_{stop} {
    for (int i = 0; i < plan.clients; ++i) clients_.emplace_back(plan.url, stop);
    for (int i = 0; i < plan.users; ++i)
      users_.push_back({{}, "demo-" + std::to_string(i + 1), "a demo password " + std::to_string(i + 1), {}});
  }

  demo_record run() {
    const auto begin = std::chrono::steady_clock::now();
    record_.began = now();
    side_by_side("creating users", plan_.users, [this](http_client& c, std::size_t i) { create(c, users_[i]); });
    side_by_side("logging them in", plan_.users, [this](http_client& c, std::size_t i) { log_in(c, users_[i]); });
    side_by_side("running sessions", plan_.sessions, [this](http_client& c, std::size_t i) { run_session(c, i); });
    side_by_side("logging users out", plan_.users, [this](http_client& c, std::size_t i) { log_out(c, users_[i]); });
    record_.ended = now();
    record_.took = std::chrono::duration_cast<duration>(std::chrono::steady_clock::now() - begin);
    return std::move(record_);
  }

 private:
  /// Calls work(client, i) for each i below `count`, on all clients.
  template <class Work>
  void side_by_side(std::string_view what, int count, Work work) {
    if (plan_.progress) plan_.progress(what);
    std::atomic<int> next{0};
    {
      std::vector<std::jthread> threads;
      for (auto& client : clients_)
        threads.emplace_back([&] {
          for (int i = next++; i < count && !stop_.stop_requested() && !given_up_; i = next++)
            work(client, static_cast<std::size_t>(i));
        });
    }
    if (stop_.stop_requested()) throw error{ec::unavailable, "the demo was told to stop"};
  }

  /// Makes one request and records it. The answer when it has the status it should have.
  std::optional<json> call(http_client& client, demo_step step, const std::string& subject, int status,
                           const char* method, const std::string& path, const json& body = nullptr) {
    demo_call made{step, subject, now(), {}, {}, false};
    const auto begin = std::chrono::steady_clock::now();
    std::optional<json> answered;
    std::string complaint;
    try {
      const auto answer = body.is_null() ? client.send(method, path) : client.send(method, path, body);
      if (answer.status == status)
        answered = answer.json();
      else
        complaint = std::string{method} + " " + path + " was answered " + std::to_string(answer.status) + " " +
                    answer.body.substr(0, 300);
    } catch (const error& e) {
      complaint = e.message();
    }
    made.took = std::chrono::duration_cast<duration>(std::chrono::steady_clock::now() - begin);
    made.answered = now();
    made.succeeded = answered.has_value();
    if (made.subject.empty() && answered && answered->is_object()) made.subject = answered->value("id", "");
    std::lock_guard lock{mutex_};
    record_.calls.push_back(std::move(made));
    if (!complaint.empty()) record_.complaints.push_back(std::move(complaint));
    if (record_.complaints.size() >= most_complaints) given_up_ = true;
    return answered;
  }

  void create(http_client& client, demo_user& who) {
    client.set_token(plan_.admin_token);
    const auto made = call(client, demo_step::create_user, {}, 201, "POST", "/api/users",
                           {{"username", who.username},
                            {"email", who.username + "@example.com"},
                            {"fullName", "Demo User"},
                            {"password", who.password}});
    if (!made) return;
    who.id = made->value("id", "");
    std::lock_guard lock{mutex_};
    record_.user_ids.push_back(who.id);
  }

  void log_in(http_client& client, demo_user& who) {
    if (who.id.empty()) return;
    client.set_token({});
    const auto in = call(client, demo_step::login, who.id, 200, "POST", "/api/auth/login",
                         {{"username", who.username}, {"password", who.password}});
    if (in) who.token = in->value("token", "");
  }

  void log_out(http_client& client, demo_user& who) {
    if (who.token.empty()) return;
    client.set_token(who.token);
    call(client, demo_step::logout, who.id, 204, "POST", "/api/auth/logout");
  }

  void run_session(http_client& client, std::size_t i) {
    const auto& owner = users_[i % users_.size()];
    if (owner.token.empty()) return;
    client.set_token(owner.token);
    const std::string used = templates[i % templates.size()];
    const auto made = call(client, demo_step::create_session, {}, 201, "POST", "/api/sessions",
                           {{"user_id", owner.id}, {"template_name", used}});
    if (!made) return;
    const auto id = made->value("id", "");
    {
      std::lock_guard lock{mutex_};
      record_.sessions.push_back({id, owner.id, used});
    }
    for (const auto step : demo_session_steps) {
      if (step == demo_step::create_session) continue;
      const auto [method, action, status] = request_of(step);
      if (stop_.stop_requested() || !call(client, step, id, status, method, "/api/sessions/" + id + action)) return;
    }
  }

  const demo_drive& plan_;
  const std::stop_token& stop_;
  std::vector<http_client> clients_;
  std::vector<demo_user> users_;
  std::atomic<bool> given_up_{false};
  std::mutex mutex_;  // Guards what follows.
  demo_record record_;
};

}  // namespace

demo_record drive_platform(const demo_drive& plan, const std::stop_token& stop) {
  return driver{plan, stop}.run();
}

}  // namespace streamspace
