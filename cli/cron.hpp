#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace streamspace {

/// Adds `next` and `describe` to the command `cron`. The one that is called sets `run`, which returns the exit code and
/// throws error for what is wrong with the expression, the zone or the instant.
void add_cron(CLI::App& cron, std::function<int()>& run);

}  // namespace streamspace
