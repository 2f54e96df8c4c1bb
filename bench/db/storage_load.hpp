#pragma once

#include <cstddef>
#include <string>

namespace streamspace::bench {

/// So many keys there are, of one plugin.
inline constexpr std::size_t stored_keys = 10'000;

/// Calls a second of plugin_storage::set by so many threads at once, each for a key drawn at random.
double storage_sets(const std::string& database_url, std::size_t callers);
/// The same of plugin_storage::get.
double storage_gets(const std::string& database_url, std::size_t callers);

}  // namespace streamspace::bench
