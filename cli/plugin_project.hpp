#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace streamspace {

/// A file of a template, as cli/templates has it.
struct template_file {
  std::string_view of;  ///< The template's name; "common" for all.
  std::string_view path;
  std::string_view text;
};

/// In no particular order.
std::span<const template_file> template_files() noexcept;

/// What `streamspace plugin new` can begin with, sorted.
std::vector<std::string> template_names();

/// A plugin's project that is to be.
struct plugin_project {
  std::string name;
  std::string template_name = "event";
  std::filesystem::path directory;  ///< Where it goes; a folder of the plugin's name if empty.
  std::string streamspace_version;  ///< The least that the plugin asks for: "0.1.0".
};

/// The name of the C++ class for a plugin: "session-counter" is session_counter_plugin. It holds the word plugin, so it
/// is no keyword and no function of the C library, whatever the plugin is called.
std::string class_name_of(std::string_view plugin);

/// Writes the project, all of it or nothing, and says where. An empty folder may be there already. Errors:
/// invalid_argument for a name that no plugin may have or that CMake keeps for itself, for a template that is not
/// known, and for a folder that cannot become the project's; already_exists when it is not empty; io_error.
std::filesystem::path write_project(const plugin_project& project);

}  // namespace streamspace
