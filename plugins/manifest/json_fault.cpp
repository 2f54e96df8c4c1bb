#include <streamspace/plugins/manifest/json_fault.hpp>

namespace streamspace {

std::string pointer_below(std::string_view pointer, std::string_view member) {
  std::string below{pointer};
  below += '/';
  for (const char c : member) {
    if (c == '~')
      below += "~0";
    else if (c == '/')
      below += "~1";
    else
      below += c;
  }
  return below;
}

std::string pointer_below(std::string_view pointer, std::size_t item) {
  return std::string{pointer} + '/' + std::to_string(item);
}

std::string to_string(const std::vector<json_fault>& faults) {
  constexpr std::size_t most = 10;
  std::string text;
  for (std::size_t i = 0; i < faults.size() && i < most; ++i)
    text += (i == 0 ? "" : "; ") + (faults[i].pointer.empty() ? "it" : faults[i].pointer) + " " + faults[i].sentence;
  if (faults.size() > most) text += "; and " + std::to_string(faults.size() - most) + " more";
  return text;
}

std::string why_too_large(const json& document, const json_limits& limits) {
  struct place {
    const json* value;
    std::size_t depth;
  };
  std::vector<place> open{{&document, 0}};
  std::size_t values = 0;
  std::size_t bytes = 0;
  while (!open.empty()) {
    const auto [value, depth] = open.back();
    open.pop_back();
    if (++values > limits.values) return "has more than " + std::to_string(limits.values) + " values";
    if (value->is_structured() && depth + 1 > limits.depth)
      return "has more than " + std::to_string(limits.depth) + " arrays and objects within each other";
    if (value->is_string()) bytes += value->get_ref<const std::string&>().size();
    if (value->is_object())
      for (const auto& [name, member] : value->items()) {
        bytes += name.size();
        open.push_back({&member, depth + 1});
      }
    if (value->is_array())
      for (const auto& item : *value) open.push_back({&item, depth + 1});
    if (bytes > limits.bytes) return "has more than " + std::to_string(limits.bytes) + " bytes of text";
  }
  return {};
}

}  // namespace streamspace
