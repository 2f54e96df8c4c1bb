#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/manifest.hpp>

namespace streamspace {

/// A plugin that a directory has, or what looked like one and why it is none.
struct plugin_candidate {
  std::string name;            ///< What is no plugin's name stands here with its control characters escaped.
  std::filesystem::path file;  ///< The .so, absolute. It may not be there; `rejected` says so then.
  plugin_manifest manifest;    ///< Of manifest.json. Where none could be taken: name, display name, version 0.0.0.
  /// One sentence, in one line of UTF-8; empty when the plugin can be loaded, as far as can be told without opening its
  /// code.
  std::string rejected;
};

/// What a scan found. A value: nothing in it changes after construction.
class discovered_plugins {
 public:
  discovered_plugins() = default;
  /// Takes the candidates in order of precedence. Where several that are not rejected have one name, the first is
  /// taken and the others become rejected: "shadowed by /path/of/the/first.so". A rejected one shadows nothing.
  explicit discovered_plugins(std::vector<plugin_candidate> candidates, std::vector<std::string> faults = {});

  /// By name, then in order of precedence.
  const std::vector<plugin_candidate>& all() const noexcept { return all_; }
  /// The one that is taken for this name; if all are rejected, the first of them; null when there is none.
  const plugin_candidate* find(std::string_view name) const noexcept;
  /// A sentence for each directory that is there and could not be read, or not to its end.
  const std::vector<std::string>& faults() const noexcept { return faults_; }

 private:
  std::vector<plugin_candidate> all_;
  std::vector<std::string> faults_;
};

/// Looks into directories, the first of which have precedence. One that is missing is passed over, one that is given
/// twice is looked at once. In a directory, in this order of precedence, plugin X may be
///  - the file X.so, then streamspace-X.so;
///  - the folder X, then streamspace-X, with the file X.so, then streamspace-X.so, and with a manifest.json or without.
/// A manifest names the plugin as its file is named; for streamspace-X.so it may also be called "streamspace-X", and
/// that is its name then. A folder with neither of these files is no candidate, nor is any other entry.
///
/// Directory, folder, file and manifest must belong to root or to the user this runs as, and others must not be able to
/// write to them. A directory or folder that has the sticky bit (/tmp) may be open to others, as far as the entry in it
/// belongs to one of the two. Symbolic links are followed. What lies above a directory is not looked at.
///
/// Blocks on the file system. Thread-safe. Opens no code, runs nothing.
discovered_plugins discover_plugins(const std::vector<std::filesystem::path>& directories);

/// Whether an entry of a directory with this name is passed over: it begins with '.', or ends with '~' or ".tmp".
bool is_passed_over(std::string_view entry) noexcept;

}  // namespace streamspace
