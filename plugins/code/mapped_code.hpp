#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace streamspace {

/// A shared object that was opened, or was and stays in memory.
struct mapped_code {
  enum class state : std::uint8_t {
    used,  ///< Something of it lives: the plugin is loaded, or a request or event of it is not finished.
    kept,  ///< Closed, but the loader keeps it in memory: it made thread-local objects, or has unique symbols.
  };

  std::string plugin;
  std::filesystem::path file;  ///< From where it came.
  std::string sha256;
  state now = state::used;
};

}  // namespace streamspace
