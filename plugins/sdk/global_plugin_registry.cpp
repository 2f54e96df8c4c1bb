#include <cstdio>
#include <cstdlib>

#include <streamspace/messages/error.hpp>
#include <streamspace/messages/names.hpp>
#include <streamspace/plugins/sdk/global_plugin_registry.hpp>

namespace streamspace {

global_plugin_registry& global_plugin_registry::instance() {
  static global_plugin_registry registry;
  return registry;
}

void global_plugin_registry::add(plugin_factory factory) {
  if (auto fault = why_not_a_plugin_name(factory.manifest.name); !fault.empty())
    throw error{ec::invalid_argument, std::move(fault)};
  std::lock_guard lock{mutex_};
  auto name = factory.manifest.name;
  if (!factories_.try_emplace(name, std::move(factory)).second)
    throw error{ec::already_exists, "a built-in plugin named '" + name + "' is registered already"};
}

std::optional<plugin_factory> global_plugin_registry::find(std::string_view name) const {
  std::lock_guard lock{mutex_};
  const auto it = factories_.find(name);
  if (it == factories_.end()) return std::nullopt;
  return it->second;
}

std::vector<std::string> global_plugin_registry::list() const {
  std::lock_guard lock{mutex_};
  std::vector<std::string> names;
  names.reserve(factories_.size());
  for (const auto& [name, factory] : factories_) names.push_back(name);
  return names;
}

detail::builtin_registration::builtin_registration(plugin_factory factory) noexcept {
  try {
    global_plugin_registry::instance().add(std::move(factory));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "streamspace: cannot register a built-in plugin: %s\n", e.what());
    std::abort();
  }
}

}  // namespace streamspace
