#include <vector>

#include <streamspace/messages/config_secrets.hpp>
#include <streamspace/messages/error.hpp>

namespace streamspace {

namespace {

const json* member(const json& object, const std::string& name) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(name);
  return it == object.end() ? nullptr : &*it;
}

bool is_secret(const json& schema) {
  const auto* format = member(schema, "format");
  return format && *format == "password";
}

bool is_empty_text(const json& value) {
  return value.is_string() && value.get_ref<const std::string&>().empty();
}

/// Whether a secret is to be taken from what is stored.
bool wants_stored(const json& config, const json& schema) {
  if (is_secret(schema)) return config == secret_mask;
  if (const auto* properties = member(schema, "properties"); properties && config.is_object())
    for (const auto& [name, value] : config.items())
      if (const auto* property = member(*properties, name); property && wants_stored(value, *property)) return true;
  if (const auto* items = member(schema, "items"); items && config.is_array())
    for (const auto& value : config)
      if (wants_stored(value, *items)) return true;
  return false;
}

std::string below(const std::string& place, const std::string& name) {
  return place + "/" + name;
}

json filled_in(const json& config, const json* stored, const json& schema, const std::string& place);

/// The stored items that the items of an array stand for; null where there is none or it is not certain.
std::vector<const json*> counterparts(const json& config, const json& stored, const json& schema) {
  std::vector<json> shown;
  shown.reserve(stored.size());
  for (const auto& item : stored) shown.push_back(masked_secrets(item, schema));
  const bool same_places = config.size() == stored.size();
  std::vector<bool> taken(stored.size());
  std::vector<const json*> found(config.size());
  const auto take = [&](std::size_t item, std::size_t from) {
    taken[from] = true;
    found[item] = &stored[from];
  };
  for (std::size_t i = 0; same_places && i < config.size(); ++i)
    if (shown[i] == config[i]) take(i, i);
  for (std::size_t i = 0; i < config.size(); ++i) {
    if (found[i]) continue;
    std::vector<std::size_t> alike;
    for (std::size_t s = 0; s < shown.size(); ++s)
      if (!taken[s] && shown[s] == config[i]) alike.push_back(s);
    if (alike.size() == 1) take(i, alike.front());
  }
  for (std::size_t i = 0; same_places && i < config.size(); ++i)
    if (!found[i] && !taken[i]) take(i, i);
  return found;
}

json filled_in_items(const json& config, const json* stored, const json& schema, const std::string& place) {
  const auto from =
      stored && stored->is_array() ? counterparts(config, *stored, schema) : std::vector<const json*>(config.size());
  json filled = json::array();
  for (std::size_t i = 0; i < config.size(); ++i)
    filled.push_back(filled_in(config[i], from[i], schema, below(place, std::to_string(i))));
  return filled;
}

json filled_in(const json& config, const json* stored, const json& schema, const std::string& place) {
  if (!wants_stored(config, schema)) return config;
  if (is_secret(schema)) {
    if (!stored || is_empty_text(*stored))
      throw error{ec::invalid_argument, "the configuration has \"***\" at '" + place +
                                            "', but no stored secret there could be kept; send the secret itself"};
    return *stored;
  }
  if (config.is_array()) return filled_in_items(config, stored, schema.at("items"), place);
  json filled = config;
  const auto& properties = schema.at("properties");
  for (auto& [name, value] : filled.items())
    if (const auto* property = member(properties, name))
      value = filled_in(value, stored ? member(*stored, name) : nullptr, *property, below(place, name));
  return filled;
}

}  // namespace

bool declares_secrets(const json& schema) {
  if (is_secret(schema)) return true;
  if (const auto* properties = member(schema, "properties"); properties && properties->is_object())
    for (const auto& property : *properties)
      if (declares_secrets(property)) return true;
  const auto* items = member(schema, "items");
  return items && declares_secrets(*items);
}

json changed_secrets(const json& config, const json& schema, const std::function<json(const json&)>& change) {
  if (is_secret(schema)) return is_empty_text(config) ? config : change(config);
  json changed = config;
  if (const auto* properties = member(schema, "properties"); properties && changed.is_object())
    for (auto& [name, value] : changed.items())
      if (const auto* property = member(*properties, name)) value = changed_secrets(value, *property, change);
  if (const auto* items = member(schema, "items"); items && changed.is_array())
    for (auto& value : changed) value = changed_secrets(value, *items, change);
  return changed;
}

json masked_secrets(const json& config, const json& schema) {
  return changed_secrets(config, schema, [](const json&) { return json(secret_mask); });
}

json with_stored_secrets(const json& config, const json& stored, const json& schema) {
  return filled_in(config, &stored, schema, "");
}

}  // namespace streamspace
