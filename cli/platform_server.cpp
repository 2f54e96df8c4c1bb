#include <unistd.h>

#include <caf/send.hpp>
#include <cli/platform_server.hpp>

#include <streamspace/actors/log_output.hpp>
#include <streamspace/actors/platform.hpp>
#include <streamspace/actors/runtime_actors.hpp>
#include <streamspace/http/application.hpp>
#include <streamspace/http/bearer.hpp>
#include <streamspace/http/http_server.hpp>
#include <streamspace/http/password.hpp>
#include <streamspace/http/rest.hpp>
#include <streamspace/persistence/data_folder.hpp>
#include <streamspace/persistence/embedded_postgres.hpp>

namespace streamspace {

namespace {

constexpr std::chrono::milliseconds database_stop_deadline{20'000};
constexpr sql_deadline readiness_deadline{2'000};

log_sink sink_of(const serve_options& options) {
  if (!options.log_file.empty())
    return json_log_to_files(options.log_file, options.log_file_bytes, options.log_file_count);
  const auto& format = options.log_format;
  if (format == "json") return json_log_to_stdout();
  if (format == "text") return text_log_to_stderr();
  if (format != "auto")
    throw error{ec::invalid_argument, "log-format is '" + format + "'; it may be json, text or auto"};
  return ::isatty(STDERR_FILENO) ? text_log_to_stderr() : json_log_to_stdout();
}

log_level level_of(const std::string& text) {
  const auto level = parse_log_level(text);
  if (!level)
    throw error{ec::invalid_argument, "log-level is '" + text + "'; it may be debug, info, warn, error or fatal"};
  return *level;
}

std::vector<std::filesystem::path> plugin_dirs_of(const serve_options& options) {
  if (!options.plugin_dirs.empty()) return options.plugin_dirs;
  return {options.data_dir / "plugins", "/plugins", "plugins", "/usr/local/share/streamspace/plugins"};
}

}  // namespace

struct platform_server::parts {
  parts(serve_options given, log_sink sink)
      : options{std::move(given)}, least{level_of(options.log_level)}, log{sink ? std::move(sink) : sink_of(options)} {}

  void say(log_level level, std::string message, json data = nullptr) const {
    if (level >= least) log({"server", level, std::move(message), std::move(data), now()});
  }

  void open_data_folder();
  void start_database();
  void start_platform();
  void start_http();
  std::string secrets_key() const;
  endpoint_list core_routes();

  serve_options options;
  log_level least;  ///< Of the server's own lines.
  log_sink log;
  std::unique_ptr<data_folder> folder;
  std::shared_ptr<const token_authority> tokens;
  std::unique_ptr<embedded_postgres> postgres;
  std::unique_ptr<runtime> plugins;
  password_actor passwords;
  platform_actor platform;
  std::optional<actor_gateway> gateway;
  std::unique_ptr<application> app;
  std::unique_ptr<http_server> http;
  bool started = false;
};

void platform_server::parts::open_data_folder() {
  folder = std::make_unique<data_folder>(options.data_dir);
  tokens = std::make_shared<const token_authority>(signing_key::load_or_create(folder->path() / "token.key"));
}

std::string platform_server::parts::secrets_key() const {
  const auto& file = options.secrets_key_file;
  return std::string{signing_key::load_or_create(file.empty() ? folder->path() / "secrets.key" : file,
                                                 "loses the secrets in plugins' configurations")
                         .bytes()};
}

void platform_server::parts::start_database() {
  if (!options.database_url.empty()) return;
  embedded_postgres_options settings;
  settings.durable = options.durable;
  settings.on_unexpected_end = [log = log](const std::string& reason) {
    log({"server",
         log_level::error,
         "the private PostgreSQL has ended; restart the server",
         {{"what", reason}},
         now()});
  };
  postgres = std::make_unique<embedded_postgres>(*folder, std::move(settings));
  say(log_level::info, "starting the private PostgreSQL", {{"log", postgres->log_file().string()}});
  postgres->start();
}

void platform_server::parts::start_platform() {
  const auto rt = actors_of(*plugins);
  passwords = rt.system.spawn(password_hasher, password_functions{hash_password, verify_password}, password_options{});
  platform = rt.system.spawn(streamspace::platform, platform_setup{rt.database, passwords, rt.events});
  gateway.emplace(rt.system);
}

endpoint_list platform_server::parts::core_routes() {
  const auto rt = actors_of(*plugins);
  const auto ready = [asking = *gateway, database = rt.database](std::function<void(result<void>)> done) {
    asking.ask<sql_result>(
        database,
        [done](const result<sql_result>& rows) { rows ? done({}) : done(tl::unexpected<error>{rows.error()}); },
        atom::exec_v, sql_statement{"SELECT 1", {}}, readiness_deadline);
  };
  const auto components = [this](const principal& caller) { return plugins->ui_components(caller); };
  const plugin_log_functions logs{
      [this](const std::string& plugin, std::size_t limit, log_level from) {
        return plugins->recent_log(plugin, limit, from);
      },
      [this](const std::string& plugin) { return plugins->log_level_of(plugin); },
      [this](const std::string& plugin, log_level level) { plugins->set_log_level(plugin, level); }};
  endpoint_list all;
  for (auto&& part : {auth_routes(*gateway, platform, tokens, options.token_ttl), user_routes(*gateway, platform),
                      session_routes(*gateway, platform), plugin_routes(*gateway, rt.table, rt.discovery, components),
                      plugin_log_routes(*gateway, rt.table, logs), dead_letter_routes(*gateway, rt.dead_letters),
                      event_routes(*gateway, rt.event_log, [this] { return plugins->event_figures(); }),
                      operations_routes(STREAMSPACE_VERSION, ready)})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

void platform_server::parts::start_http() {
  application_options settings;
  settings.authenticate = bearer_authentication(tokens, now);
  settings.answered = [this](const access_record& r) {
    if (least > log_level::debug) return;
    say(log_level::debug, r.method + " " + r.path,
        {{"status", r.status},
         {"ms", std::chrono::duration<double, std::milli>(r.took).count()},
         {"caller", r.caller},
         {"remote", r.remote_address},
         {"requestId", r.request_id}});
  };
  settings.route_refused = [this](const endpoint& route, const std::string& why) {
    say(log_level::error, "a plugin's route cannot be served",
        {{"plugin", route.plugin}, {"route", route.method + " " + route.path}, {"what", why}});
  };
  app = std::make_unique<application>(std::move(settings), core_routes(), plugins->routes());
  http_server_options sockets;
  sockets.address = options.address;
  sockets.port = options.port;
  sockets.io_threads = options.io_threads;
  sockets.on_fault = [this](std::string_view what) {
    say(log_level::error, "a fault while serving HTTP", {{"what", what}});
  };
  http = std::make_unique<http_server>(std::move(sockets),
                                       [this](request rq, responder to) { (*app)(std::move(rq), std::move(to)); });
  http->start();
}

platform_server::platform_server(serve_options options, log_sink log)
    : parts_{std::make_unique<parts>(std::move(options), std::move(log))} {
  runtime_options settings;
  settings.log = parts_->log;
  settings.min_log_level = parts_->least;
  settings.workers = parts_->options.workers;
  settings.database_connections = parts_->options.database_connections;
  settings.plugin_storage_quota = parts_->options.plugin_storage_quota;
  settings.database_url = parts_->options.database_url;
  settings.plugin_dirs = plugin_dirs_of(parts_->options);
  settings.code_dir = parts_->options.data_dir / "code";
  settings.platform_version = parts_->options.platform_version;
  settings.durable_events = parts_->options.durable_events;
  settings.event_log_days = parts_->options.event_log_days;
  if (parts_->options.plugin_isolation == "none") settings.database_isolation = plugin_isolation::none;
  parts_->plugins = std::make_unique<runtime>(std::move(settings));
}

platform_server::~platform_server() {
  stop();
}

runtime& platform_server::plugins() noexcept {
  return *parts_->plugins;
}

void platform_server::start() {
  try {
    parts_->started = true;
    parts_->open_data_folder();
    parts_->plugins->set_secrets_key(parts_->secrets_key());
    parts_->start_database();
    parts_->plugins->set_database_url(database_url());
    parts_->plugins->start();
    parts_->start_platform();
    parts_->start_http();
  } catch (...) {
    stop();
    throw;
  }
}

void platform_server::stop() {
  auto& p = *parts_;
  if (!std::exchange(p.started, false)) return;
  const auto attempt = [&](const char* what, auto step) {
    try {
      step();
    } catch (const std::exception& e) {
      p.say(log_level::error, std::string{"could not stop "} + what + " cleanly", {{"what", e.what()}});
    }
  };
  if (p.http) attempt("the HTTP server", [&] { p.http->stop(p.options.drain); });
  if (p.gateway) p.gateway->stop();
  if (p.platform) caf::anon_send_exit(p.platform, caf::exit_reason::user_shutdown);
  if (p.passwords) caf::anon_send_exit(p.passwords, caf::exit_reason::user_shutdown);
  p.platform = nullptr;
  p.passwords = nullptr;
  p.app.reset();
  p.http.reset();
  p.gateway.reset();
  attempt("the plugin runtime", [&] { p.plugins->stop(); });
  if (p.postgres) attempt("PostgreSQL", [&] { p.postgres->stop(database_stop_deadline); });
  p.folder.reset();
}

std::uint16_t platform_server::port() const noexcept {
  return parts_->http ? parts_->http->port() : 0;
}

std::string platform_server::url() const {
  const auto& address = parts_->options.address;
  const auto host = address.find(':') == std::string::npos ? address : "[" + address + "]";
  return "http://" + host + ":" + std::to_string(port());
}

std::string platform_server::database_url() const {
  return parts_->postgres ? parts_->postgres->url() : parts_->options.database_url;
}

std::string platform_server::admin_token(const std::string& subject) const {
  if (!parts_->tokens) throw error{ec::conflict, "the server is not started"};
  return parts_->tokens->issue({subject, "admin", {}}, parts_->options.token_ttl, now());
}

}  // namespace streamspace
