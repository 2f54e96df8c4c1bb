#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include <streamspace/actors/runtime.hpp>

namespace streamspace::bench {

/// A folder of plugins from one file under many names, removed at the end.
class plugin_files {
 public:
  plugin_files(const std::filesystem::path& code, std::size_t count);
  plugin_files(const plugin_files&) = delete;
  plugin_files& operator=(const plugin_files&) = delete;
  ~plugin_files();

  static std::string name_of(std::size_t i);
  /// A started runtime that finds them, of which none is loaded.
  std::unique_ptr<runtime> started() const;

 private:
  std::filesystem::path root_;
};

}  // namespace streamspace::bench
