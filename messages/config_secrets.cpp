#include <streamspace/messages/config_secrets.hpp>

namespace streamspace {

namespace {

const json* member(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(name);
  return it == object.end() ? nullptr : &*it;
}

}  // namespace

json masked_secrets(const json& config, const json& schema) {
  if (const auto* format = member(schema, "format"); format && *format == "password")
    return config.is_string() && config.get_ref<const std::string&>().empty() ? config : json("***");
  json shown = config;
  if (const auto* properties = member(schema, "properties"); properties && shown.is_object())
    for (auto& [name, value] : shown.items())
      if (const auto* property = member(*properties, name.c_str())) value = masked_secrets(value, *property);
  if (const auto* items = member(schema, "items"); items && shown.is_array())
    for (auto& value : shown) value = masked_secrets(value, *items);
  return shown;
}

}  // namespace streamspace
