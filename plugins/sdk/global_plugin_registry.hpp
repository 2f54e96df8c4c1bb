#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/plugins/sdk/plugin_factory.hpp>

namespace streamspace {

/// The built-in plugins of this program, registered before main by static initialisers (STREAMSPACE_BUILTIN_PLUGIN).
/// Every runtime of the process may load them. Thread-safe. It holds factories only, never a plugin, so nothing is
/// shared between two loads.
class global_plugin_registry {
 public:
  static global_plugin_registry& instance();

  /// Throws error: invalid_argument for a bad name, already_exists for a taken one.
  void add(plugin_factory factory);
  std::optional<plugin_factory> find(std::string_view name) const;
  /// Names, sorted.
  std::vector<std::string> list() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, plugin_factory, std::less<>> factories_;
};

namespace detail {

/// Registers at construction. A fault at static initialisation cannot be caught by anyone, so it ends the program with
/// the reason.
struct builtin_registration {
  explicit builtin_registration(plugin_factory factory) noexcept;
};

}  // namespace detail

}  // namespace streamspace

/// Makes a plugin class built-in, at namespace scope of one source file: STREAMSPACE_BUILTIN_PLUGIN(my_plugin,
/// my_manifest()).
#define STREAMSPACE_BUILTIN_PLUGIN(Class, Manifest)                     \
  namespace {                                                           \
  const ::streamspace::detail::builtin_registration Class##_is_builtin{ \
      ::streamspace::make_plugin_factory<Class>(Manifest)};             \
  }                                                                     \
  static_assert(true)
