#include <streamspace/messages/json_overlay.hpp>

namespace streamspace {

json overlaid(const json& base, const json& over) {
  if (!base.is_object() || !over.is_object()) return over;
  auto both = base;
  for (const auto& [name, value] : over.items()) {
    const auto it = both.find(name);
    if (it == both.end())
      both[name] = value;
    else
      *it = overlaid(*it, value);
  }
  return both;
}

}  // namespace streamspace
