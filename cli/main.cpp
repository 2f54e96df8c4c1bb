#include <algorithm>
#include <cstdio>
#include <functional>

#include <CLI/CLI.hpp>
#include <cli/commands.hpp>
#include <cli/config_file.hpp>
#include <cli/cron.hpp>
#include <cli/demo.hpp>
#include <cli/plugin_commands.hpp>
#include <cli/suggest.hpp>

#include <streamspace/messages/error.hpp>

namespace {

namespace ss = streamspace;

/// What the program exits with; README and docs name them.
enum exit_code {
  success = 0,
  failed = 1,
  wrong_usage = 2,
  no_database = 3,
  no_socket_or_file = 4,
  data_folder_busy = 5
};

int exit_code_of(const ss::error& e) {
  switch (e.code()) {
    case ss::ec::invalid_argument:
      return wrong_usage;
    case ss::ec::database_unreachable:
    case ss::ec::database_error:
      return no_database;
    case ss::ec::io_error:
    case ss::ec::permission_denied:
      return no_socket_or_file;
    case ss::ec::data_folder_in_use:
      return data_folder_busy;
    default:
      return failed;
  }
}

void add_serve(CLI::App& app, ss::serve_options& o) {
  app.add_option("--data-dir", o.data_dir, "Folder for keys, logs and the private PostgreSQL")
      ->envname("STREAMSPACE_DATA_DIR")
      ->capture_default_str();
  app.add_option("--address", o.address, "Address to listen on")->envname("STREAMSPACE_ADDRESS")->capture_default_str();
  app.add_option("--port", o.port, "Port to listen on; 0 takes a free one")
      ->envname("STREAMSPACE_PORT")
      ->capture_default_str();
  app.add_option("--database-url", o.database_url,
                 "PostgreSQL to use (postgresql://user:password@host/db); without it a private one is started")
      ->envname("STREAMSPACE_DATABASE_URL");
  app.add_option("--log-level", o.log_level, "debug, info, warn, error or fatal")
      ->envname("STREAMSPACE_LOG_LEVEL")
      ->capture_default_str()
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "fatal"}, CLI::ignore_case));
  app.add_option("--log-format", o.log_format, "json, text, or auto: text on a terminal, JSON lines elsewhere")
      ->envname("STREAMSPACE_LOG_FORMAT")
      ->capture_default_str()
      ->check(CLI::IsMember({"json", "text", "auto"}));
  app.add_option(
         "--log-file", o.log_file,
         "File for the log, as JSON lines, instead of the terminal; a full one is set aside as FILE.1 and so on")
      ->envname("STREAMSPACE_LOG_FILE");
  app.add_option("--log-file-bytes", o.log_file_bytes,
                 "What each log file may hold, in bytes or as 64MB, 1GB and so on; 64KB at least")
      ->envname("STREAMSPACE_LOG_FILE_BYTES")
      ->capture_default_str()
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(std::uint64_t{64} << 10U, std::uint64_t{1} << 40U));
  app.add_option("--log-file-count", o.log_file_count, "Log files at most, with the one that is written")
      ->envname("STREAMSPACE_LOG_FILE_COUNT")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_option("--io-threads", o.io_threads, "Threads for sockets")
      ->envname("STREAMSPACE_IO_THREADS")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  app.add_option("--workers", o.workers, "Threads for actors; 0 takes what fits the machine")
      ->envname("STREAMSPACE_WORKERS")
      ->capture_default_str()
      ->check(CLI::Range(0, 256));
  app.add_option("--database-connections", o.database_connections,
                 "Connections to PostgreSQL for SQL at most; storage has up to 8 more, the event log 4")
      ->envname("STREAMSPACE_DATABASE_CONNECTIONS")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_option("--plugin-dir", o.plugin_dirs,
                 "Directory of plugins; may be given several times, the first goes before. Without it: plugins in the "
                 "data folder, /plugins, ./plugins, /usr/local/share/streamspace/plugins")
      ->envname("STREAMSPACE_PLUGIN_DIR")
      ->delimiter(':');
  app.add_option("--platform-version", o.platform_version,
                 "The version of StreamSpace that plugins find, as their manifests demand one")
      ->envname("STREAMSPACE_PLATFORM_VERSION")
      ->capture_default_str();
  app.add_option(
         "--plugin-isolation", o.plugin_isolation,
         "In the database: roles gives each plugin a role and a schema of its own; none lets all plugins read and "
         "change everything, for servers where no roles can be made")
      ->envname("STREAMSPACE_PLUGIN_ISOLATION")
      ->capture_default_str()
      ->check(CLI::IsMember({"roles", "none"}));
  app.add_option("--plugin-storage-quota", o.plugin_storage_quota,
                 "What each plugin may keep in the database, in bytes or as 64MB, 1GB and so on; 0 for no quota")
      ->envname("STREAMSPACE_PLUGIN_STORAGE_QUOTA")
      ->capture_default_str()
      ->transform(CLI::AsSizeValue(false));
  app.add_option("--durable-events", o.durable_events,
                 "Patterns of event types that the event log keeps, besides those that durable subscriptions want; "
                 "several are separated by commas")
      ->envname("STREAMSPACE_DURABLE_EVENTS")
      ->delimiter(',');
  app.add_option("--event-log-days", o.event_log_days, "How many days the event log keeps events, today not counted")
      ->envname("STREAMSPACE_EVENT_LOG_DAYS")
      ->capture_default_str()
      ->check(CLI::Range(1, 3650));
  app.add_option(
         "--secrets-key-file", o.secrets_key_file,
         "File of the key that plugins' secrets follow from, made if it is missing; servers that share a database "
         "need the same. Without it secrets.key in the data folder")
      ->envname("STREAMSPACE_SECRETS_KEY_FILE");
  app.add_option_function<long>(
         "--token-ttl", [&o](long s) { o.token_ttl = std::chrono::seconds{s}; }, "Seconds a login lasts")
      ->envname("STREAMSPACE_TOKEN_TTL")
      ->default_str(std::to_string(o.token_ttl.count()))
      ->check(CLI::Range(60L, 365L * 24 * 3600));
  app.add_option_function<long>(
         "--drain", [&o](long s) { o.drain = std::chrono::seconds{s}; },
         "Seconds that requests in flight get at the end")
      ->envname("STREAMSPACE_DRAIN")
      ->default_str(std::to_string(o.drain.count()))
      ->check(CLI::Range(0L, 3600L));
}

void add_token(CLI::App& app, ss::token_options& o) {
  app.add_option("--data-dir", o.data_dir, "Folder of the server")
      ->envname("STREAMSPACE_DATA_DIR")
      ->capture_default_str();
  app.add_option("--subject", o.subject, "Whom the token speaks for")->capture_default_str();
  app.add_option("--role", o.role, "admin, operator or user")
      ->capture_default_str()
      ->check(CLI::IsMember({"admin", "operator", "user"}));
  app.add_option("--permission", o.permissions, "A permission to grant besides the role; may be given several times");
  app.add_option_function<long>(
         "--ttl", [&o](long s) { o.ttl = std::chrono::seconds{s}; }, "Seconds it is good for")
      ->default_str(std::to_string(o.ttl.count()))
      ->check(CLI::Range(1L, 365L * 24 * 3600));
}

void add_demo(CLI::App& app, ss::demo_options& o) {
  app.add_option("--users", o.users, "Users to create")
      ->capture_default_str()
      ->check(CLI::Range(1, ss::demo_options::most_users));
  app.add_option("--sessions", o.sessions, "Sessions to run")
      ->capture_default_str()
      ->check(CLI::Range(1, ss::demo_options::most_sessions));
  app.add_option("--clients", o.clients, "Connections that drive the platform side by side")
      ->capture_default_str()
      ->check(CLI::Range(1, ss::demo_options::most_clients));
  app.add_option("--json", o.json_file, "Also write the outcome to this file");
  app.add_flag("--keep", o.keep, "Leave the data folder behind");
}

/// The long names of a command's options, and the commands below it.
std::vector<std::string> names_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

/// One line on what is wrong with the call, with the nearest right word where a word is wrong.
int explain(const CLI::App& app, const CLI::ParseError& e) {
  const auto* command = &app;
  std::string label = "streamspace";
  for (auto used = app.get_subcommands(); !used.empty(); used = command->get_subcommands()) {
    command = used.front();
    label += " " + command->get_name();
  }
  std::string line = e.what();
  const auto wrong = app.remaining(true);
  if (!wrong.empty()) {
    const auto word = wrong.front().substr(0, wrong.front().find('='));
    line = "'" + word + "' is not known";
    if (const auto near = ss::nearest(word, names_of(*command)); !near.empty())
      line += "; did you mean '" + near + "'?";
  }
  constexpr std::string_view unknown_member = "INI was not able to parse ";
  if (line.starts_with(unknown_member))
    line = "'" + line.substr(unknown_member.size()) + "' in the configuration file is no option of this command";
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::fprintf(stderr, "%s: %s (see %s --help)\n", label.c_str(), line.c_str(), label.c_str());
  return wrong_usage;
}

}  // namespace

int main(int argc, char** argv) {
  ss::block_signals();
  CLI::App app{"StreamSpace: a platform server whose plugins are actors", "streamspace"};
  app.config_formatter(ss::toml_config());
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.set_config("--config", "", "TOML file with options; a command's stand under [serve] and so on")
      ->envname("STREAMSPACE_CONFIG");

  std::function<int()> run;
  ss::serve_options serve_options;
  ss::token_options token_options;
  ss::demo_options demo_options;
  const auto command = [&](const char* name, const char* description, std::function<int()> action) {
    auto* sub = app.add_subcommand(name, description);
    sub->fallthrough();
    sub->parse_complete_callback([&run, action = std::move(action)] { run = action; });
    return sub;
  };
  add_serve(*command("serve", "Serves the platform", [&] { return ss::serve(serve_options); }), serve_options);
  add_demo(*command("demo", "Drives a whole platform on a throw-away data folder and checks every event",
                    [&] { return ss::run_demo(demo_options); }),
           demo_options);
  add_token(*command("token", "Prints a token for the REST interface", [&] { return ss::print_token(token_options); }),
            token_options);
  ss::add_cron(*app.add_subcommand("cron", "Says when cron expressions are due"), run);
  ss::add_plugin(*app.add_subcommand("plugin", "Helps authors of plugins"), run);
  command("version", "Prints the version", [] {
    std::printf("streamspace %s\n", STREAMSPACE_VERSION);
    return 0;
  });

  try {
    app.parse(argc, argv);
    if (!run) throw CLI::RequiredError{"A command"};
    return run();
  } catch (const CLI::CallForHelp& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    return explain(app, e);
  } catch (const ss::error& e) {
    std::fprintf(stderr, "streamspace: %s\n", e.message().c_str());
    return exit_code_of(e);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "streamspace: %s\n", e.what());
    return failed;
  }
}
