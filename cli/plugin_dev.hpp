#pragma once

#include <filesystem>
#include <string>

namespace streamspace {

struct plugin_dev_options {
  std::filesystem::path directory;         ///< The plugin's project, with manifest.json and CMakeLists.txt.
  std::filesystem::path data_dir = "var";  ///< Of the server: it has the key for a token, and a folder for plugins.
  std::filesystem::path plugin_dir;        ///< Where the server looks for plugins; plugins in the data folder if empty.
  std::string server = "http://127.0.0.1:8080";
  bool once = false;  ///< Build and install it once, and end.
};

/// Builds a plugin and installs it in a running server, then does so again whenever one of its files has changed, until
/// SIGINT or SIGTERM. A build or a load that fails is shown, and the server goes on with what it has. Signals must be
/// blocked in the calling thread (block_signals). Returns the exit code: with `once` 1 when it could not be installed.
/// Errors: not_found for what is missing of project or server, io_error.
int develop_plugin(const plugin_dev_options& options);

}  // namespace streamspace
