#include <streamspace/messages/plugin_needs.hpp>

namespace streamspace {

std::vector<plugin_need> needs_of(const plugin_manifest& manifest) {
  std::vector<plugin_need> needs;
  for (const auto& [name, range] : manifest.dependencies) needs.push_back({name, range, false});
  for (const auto& text : manifest.requirements.plugins) {
    const auto at = text.find('@');
    needs.push_back(
        {text.substr(0, at), at == std::string::npos ? std::nullopt : std::optional{text.substr(at + 1)}, false});
  }
  if (const auto it = manifest.extra.find("optionalDependencies"); it != manifest.extra.end() && it->is_object())
    for (const auto& [name, range] : it->items())
      if (range.is_string()) needs.push_back({name, range.get<std::string>(), true});
  return needs;
}

}  // namespace streamspace
