#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <streamspace/messages/error.hpp>
#include <streamspace/messages/plugin_info.hpp>
#include <streamspace/plugins/code/code_store.hpp>
#include <streamspace/plugins/discovery/plugin_discovery.hpp>
#include <streamspace/plugins/sdk/plugin_factory.hpp>

namespace streamspace {

/// From where plugins come: those of the program itself, and those that its directories had when they were looked
/// through last. A plugin of the program goes before a file of the same name. Thread-safe.
class plugin_sources {
 public:
  using factories = std::map<std::string, plugin_factory, std::less<>>;

  /// Without directories the store may be null.
  plugin_sources(factories builtin, std::vector<std::filesystem::path> directories, std::shared_ptr<code_store> store);

  const std::vector<std::filesystem::path>& directories() const noexcept { return directories_; }
  /// Looks through the directories; what is found takes the place of what was found before. Blocks.
  std::shared_ptr<const discovered_plugins> discover();

  /// How to make it; its code is opened by that, as often as it is made, from the same file. A file must have
  /// `code_sha256`, unless that is empty. Errors: not_found; plugin_incompatible for what is there but was rejected.
  result<plugin_factory> factory_of(const std::string& plugin, const std::string& code_sha256) const;
  /// Nothing where factory_of would be an error.
  std::optional<plugin_manifest> manifest_of(std::string_view plugin) const;
  bool is_builtin(std::string_view plugin) const { return builtin_.contains(plugin); }
  const factories& builtin() const noexcept { return builtin_; }
  /// The file of its code; empty for one that is built in, or is not there.
  std::string file_of(std::string_view plugin) const;

  /// By name, those that are rejected too.
  std::vector<available_plugin> list() const;

 private:
  std::shared_ptr<const discovered_plugins> found() const;

  const factories builtin_;
  const std::vector<std::filesystem::path> directories_;
  const std::shared_ptr<code_store> store_;
  mutable std::mutex mutex_;
  std::shared_ptr<const discovered_plugins> found_;
};

}  // namespace streamspace
