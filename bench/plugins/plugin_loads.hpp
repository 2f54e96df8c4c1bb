#pragma once

#include <cstddef>

namespace streamspace::bench {

/// Milliseconds until so many built-in plugins are up, all together.
double load_builtin_ms(std::size_t count);

/// Milliseconds for each of so many plugins that come from files of their own, one after the other.
double load_file_ms(std::size_t count);

/// KiB of memory that each of so many plugins takes while it does nothing: built in, or from files.
double idle_builtin_kib(std::size_t count);
double idle_file_kib(std::size_t count);

/// Whether the SDK's headers are precompiled, as streamspace_add_plugin does it.
enum class headers { as_they_are, precompiled };
/// Seconds for a plugin's source file, from nothing to an object file.
double compile_seconds(headers how);

}  // namespace streamspace::bench
