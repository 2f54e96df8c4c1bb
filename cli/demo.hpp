#pragma once

#include <filesystem>

namespace streamspace {

/// What `streamspace demo` may be told. The bounds keep every event of a run within the plugins' inboxes.
struct demo_options {
  static constexpr int most_users = 1'000;
  static constexpr int most_sessions = 10'000;
  static constexpr int most_clients = 256;

  int users = 50;
  int sessions = 500;
  int clients = 16;  ///< Connections that drive the platform side by side.
  std::filesystem::path
      json_file;      ///< Also write the outcome here: {ok, checks: [{name, ok, detail}], figures}. Empty: nowhere.
  bool keep = false;  ///< Leave the data folder behind.
};

/// Starts a whole platform on a throw-away data folder and a free port, drives users and sessions through it over HTTP,
/// and checks what the plugins made of it. Prints a report on standard output and what goes on meanwhile on standard
/// error. Returns the exit code: 0 when every check holds, 1 when not or when the platform could not be run, 130 or 143
/// after SIGINT or SIGTERM (all is stopped and removed then; a second signal ends the process at once). Call it before
/// the process has other threads: it keeps those signals for itself while it runs. Errors: invalid_argument for options
/// that cannot be, io_error when the JSON file cannot be written.
int run_demo(const demo_options& options);

}  // namespace streamspace
