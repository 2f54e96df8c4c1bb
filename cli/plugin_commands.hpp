#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace streamspace {

/// Adds `new`, `dev` and `pack`, which authors of plugins call, to the command `plugin`. The one that is called sets
/// `run`, which returns the exit code and throws error for what it refuses.
void add_plugin(CLI::App& plugin, std::function<int()>& run);

}  // namespace streamspace
