#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>

#include <cli/demo.hpp>
#include <cli/demo_driver.hpp>
#include <cli/demo_folder.hpp>
#include <cli/demo_interrupt.hpp>
#include <cli/demo_log.hpp>
#include <cli/demo_observer.hpp>
#include <cli/demo_receiver.hpp>
#include <cli/demo_report.hpp>
#include <cli/demo_thrower.hpp>
#include <cli/http_client.hpp>
#include <cli/platform_server.hpp>

#include <streamspace/messages/names.hpp>

namespace streamspace {

namespace {

using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

/// How many deliveries the webhook's receiver turns down once; a small demo has no more than two.
int deliveries_to_refuse(const demo_options& options) {
  return std::min(3, options.users + options.sessions);
}

void say(std::string_view what) {
  std::fprintf(stderr, "demo: %.*s\n", static_cast<int>(what.size()), what.data());
}

void demand_within(const char* option, int value, int most) {
  if (value < 1 || value > most)
    throw error{ec::invalid_argument, std::string{"--"} + option + " is " + std::to_string(value) +
                                          "; it must be from 1 to " + std::to_string(most)};
}

/// The file for the outcome, opened before the run so that it need not be made twice.
class outcome_file {
 public:
  explicit outcome_file(const std::filesystem::path& where) : where_{where} {
    if (where.empty()) return;
    out_.open(where);
    if (!out_) throw error{ec::io_error, "cannot write to '" + where.string() + "'; give another file to --json"};
  }

  void write(const json& document) {
    if (!out_.is_open()) return;
    out_ << document.dump(2, ' ', false, json::error_handler_t::replace) << std::endl;
    if (!out_) throw error{ec::io_error, "could not write all of '" + where_.string() + "'"};
  }

 private:
  std::filesystem::path where_;
  std::ofstream out_;
};

/// The platform with all that the demo needs around it.
class stage {
 public:
  stage(const demo_options& options, const std::stop_token& stop)
      : options_{options},
        stop_{stop},
        folder_{options.keep},
        receiver_{secret_, deliveries_to_refuse(options)},
        server_{server_options(folder_.path()), log_.sink()} {
    server_.plugins().register_builtin(demo_thrower_factory(std::string{demo_thrower_name}));
  }

  demo_outcome play() {
    demo_outcome outcome;
    outcome.size = {options_.users, options_.sessions};
    outcome.clients = options_.clients;
    outcome.data_folder = folder_.path().string();
    start();
    outcome.start_up = std::chrono::duration_cast<duration>(clock::now() - begin_);
    outcome.url = server_.url();
    const auto token = server_.admin_token("demo");
    outcome.record =
        drive_platform({server_.url(), token, options_.users, options_.sessions, options_.clients, say}, stop_);
    say("waiting for the plugins");
    const auto events = outcome.record.succeeded();
    outcome.found = observe({server_.url(), token, server_.database_url(), receiver_, deliveries_to_refuse(options_)},
                            outcome.record, milliseconds{60'000} + milliseconds{20} * static_cast<int>(events), stop_);
    outcome.checks = judge(outcome.size, outcome.record, outcome.found);
    return outcome;
  }

  /// In order: nothing is sent any more when the receiver goes.
  void stop() {
    server_.stop();
    receiver_.stop();
  }

  const demo_log& log() const noexcept { return log_; }

 private:
  static serve_options server_options(const std::filesystem::path& folder) {
    serve_options options;
    options.data_dir = folder / "data";
    options.port = 0;
    options.drain = std::chrono::seconds{2};
    return options;
  }

  void start() {
    say("starting PostgreSQL, the plugins and the server");
    receiver_.start();
    server_.start();
    if (stop_.stop_requested()) throw error{ec::unavailable, "the demo was told to stop"};
    configure_webhook();
  }

  void configure_webhook() {
    json events = json::array();
    for (const auto step : demo_webhook_steps) events.push_back(event_type_of(step));
    const json config{
        {"endpoints",
         json::array(
             {{{"name", "demo"}, {"url", receiver_.url()}, {"events", std::move(events)}, {"secret", secret_}}})},
        {"ratePerSecond", 5'000},
        {"queueLimit", 100'000},
        {"firstPauseMs", 100}};
    http_client admin{server_.url(), stop_};
    admin.set_token(server_.admin_token("demo"));
    const auto answer = admin.send("PUT", "/api/plugins/webhook/config", config);
    if (answer.status != 200)
      throw error{ec::internal, "the webhook plugin did not take its configuration: " + std::to_string(answer.status) +
                                    " " + answer.body.substr(0, 300)};
  }

  const demo_options& options_;
  const std::stop_token& stop_;
  const clock::time_point begin_ = clock::now();
  const std::string secret_ = new_id();
  demo_log log_;
  demo_folder folder_;
  demo_receiver receiver_;
  platform_server server_;
};

void report(const demo_outcome& outcome, const demo_log& log) {
  std::fputs(to_text(outcome).c_str(), stdout);
  std::fflush(stdout);
  if (all_hold(outcome.checks)) return;
  for (const auto& line : log.lines()) std::fprintf(stderr, "%s\n", line.c_str());
}

/// Whether every check held. What the platform itself could not do is thrown.
bool play(const demo_options& options, const std::stop_token& stop, outcome_file& file) {
  stage s{options, stop};
  std::optional<demo_outcome> outcome;
  try {
    outcome = s.play();
  } catch (...) {
    if (!stop.stop_requested())
      for (const auto& line : s.log().lines()) std::fprintf(stderr, "%s\n", line.c_str());
    throw;
  }
  say("stopping");
  s.stop();
  report(*outcome, s.log());
  file.write(to_document(*outcome));
  return all_hold(outcome->checks);
}

}  // namespace

int run_demo(const demo_options& options) {
  demand_within("users", options.users, demo_options::most_users);
  demand_within("sessions", options.sessions, demo_options::most_sessions);
  demand_within("clients", options.clients, demo_options::most_clients);
  outcome_file file{options.json_file};
  demo_interrupt interrupt;
  try {
    const bool ok = play(options, interrupt.stop(), file);
    return interrupt.signal() != 0 ? 128 + interrupt.signal() : ok ? 0 : 1;
  } catch (const std::exception& e) {
    if (interrupt.signal() != 0) {
      say("stopped by a signal, all cleaned up");
      return 128 + interrupt.signal();
    }
    std::fprintf(stderr, "demo: %s\n", e.what());
    file.write(to_document_of_failure(e.what()));
    return 1;
  }
}

}  // namespace streamspace
