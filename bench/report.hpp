#pragma once

#include <string>
#include <vector>

#include <bench/runner.hpp>

#include <streamspace/messages/json.hpp>

namespace streamspace::bench {

/// A table for people, a line a figure: name, parameters, median, unit, and how far the runs lay apart.
std::string to_table(const std::vector<figure>& figures);

/// {"suite", "results": [{"name", "params", "value", "unit"}]}
json to_document(const std::string& suite, const std::vector<figure>& figures);

/// A number as people read it: "12,345,678", "1,234.5", "0.734".
std::string readable(double value);

}  // namespace streamspace::bench
