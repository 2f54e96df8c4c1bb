#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <cli/serve_options.hpp>

/// The program's commands. Each returns the exit code; what goes wrong is thrown as streamspace::error.
namespace streamspace {

/// Serves until SIGINT or SIGTERM; a second one ends the process at once. Signals must be blocked in the calling thread
/// (block_signals).
int serve(const serve_options& options);

struct token_options {
  std::filesystem::path data_dir = "var";
  std::string subject = "admin";
  std::string role = "admin";
  std::vector<std::string> permissions;
  std::chrono::seconds ttl{12 * 60 * 60};
};

/// Prints a token signed with the key in the data folder.
int print_token(const token_options& options);

/// Keeps SIGINT, SIGTERM and SIGPIPE from every thread that is started from now on, so that one thread can wait for
/// them.
void block_signals();

}  // namespace streamspace
