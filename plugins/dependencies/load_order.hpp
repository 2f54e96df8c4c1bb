#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/manifest.hpp>
#include <streamspace/plugins/dependencies/semver.hpp>

namespace streamspace {

/// An installed plugin, as far as what it needs goes. Versions and ranges are texts as manifests have them; one that
/// cannot be read keeps the plugin from being loaded.
struct resolvable_plugin {
  struct need {
    std::string plugin;
    std::optional<std::string> range;  ///< None: any version, also a prerelease.
    bool optional = false;             ///< Loaded first where it is there and fits; else done without.
  };

  std::string name;
  std::string version;
  bool enabled = true;  ///< A plugin that is not is not loaded, which is no refusal.
  std::vector<need> needs;
  std::optional<std::string> streamspace_version;  ///< A range for the server's version.
  std::optional<std::string> minimum_version;      ///< Of the server; may be partial ("1.2"), as may the maximum.
  std::optional<std::string> maximum_version;
};

/// What a manifest says of that: dependencies, the member "optionalDependencies" (as dependencies, but optional), and
/// requirements with its plugins, of which each is "name" or "name@range".
resolvable_plugin resolvable_plugin_of(const plugin_manifest& manifest, bool enabled = true);

/// In which order plugins are loaded and stopped, which cannot be loaded and why, and who needs whom. The same plugins
/// give the same answers, in whatever order they come. A value: nothing in it changes after construction.
class load_order {
 public:
  struct note {
    std::string plugin;
    std::string sentence;
  };

  /// A server that is a prerelease counts as a version like others: 1.1.0-beta is at least 1.0.0.
  /// Throws error (invalid_argument) when two plugins bear one name.
  load_order(std::vector<resolvable_plugin> installed, const semver& server);

  /// Those that can be loaded, each after all it needs; by name where that leaves it open. Optional needs are kept to
  /// as well, but for those that would close a circle.
  const std::vector<std::string>& to_load() const noexcept { return to_load_; }
  /// The reverse.
  std::vector<std::string> to_stop() const;

  /// By name, those that are enabled and cannot be loaded, each with a sentence that shows why and through whom:
  /// "shop 1.0.0 needs billing *, which cannot be loaded: billing 1.2.0 needs slack ^2.0.0, but 1.9.3 is installed".
  const std::vector<note>& refused() const noexcept { return refused_; }
  /// That sentence; "" for a plugin that is not among them.
  std::string_view why_refused(std::string_view plugin) const noexcept;

  /// By name, those of to_load() that go without an optional need, and why.
  const std::vector<note>& doing_without() const noexcept { return doing_without_; }

  /// Who of to_load() needs this plugin itself, by name. Optional needs do not count, here and below.
  std::vector<std::string> needed_by(std::string_view plugin) const;
  /// The same directly and through others: what must be stopped before this plugin, in the order of stopping.
  std::vector<std::string> stopped_before(std::string_view plugin) const;
  /// A sentence that names them ("slack is needed by billing, and through it by shop"); "" when nobody needs it.
  std::string why_not_to_stop(std::string_view plugin) const;

 private:
  class solver;
  using index = std::uint32_t;

  std::optional<index> place_of(std::string_view plugin) const;
  std::vector<std::string> names_at(std::vector<index> places) const;

  std::vector<std::string> to_load_;
  std::vector<std::vector<index>> dependents_;  ///< By place in to_load_: the places of those that need it.
  std::vector<index> by_name_;                  ///< Places in to_load_, sorted by name.
  std::vector<note> refused_;
  std::vector<note> doing_without_;
};

}  // namespace streamspace
