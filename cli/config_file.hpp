#pragma once

#include <memory>

#include <CLI/CLI.hpp>

namespace streamspace {

/// Reads configuration files as TOML: `port = 8080` at the top is an option of the program, under `[serve]` one of that
/// command.
std::shared_ptr<CLI::Config> toml_config();

}  // namespace streamspace
