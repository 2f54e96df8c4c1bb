#include <streamspace/messages/config_secrets.hpp>
#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/config_seal.hpp>

namespace streamspace {

namespace {

constexpr const char* mark = "$sealed";

std::string purpose_of(const std::string& plugin) {
  return "configuration of plugin " + plugin;
}

bool is_sealed(const json& value) {
  return value.is_object() && value.size() == 1 && value.contains(mark) && value.at(mark).is_string();
}

}  // namespace

json config_seal::sealed(const std::string& plugin, const json& config, const json& schema) const {
  return changed_secrets(config, schema, [&](const json& secret) {
    return is_sealed(secret) ? secret : json{{mark, key_.seal(purpose_of(plugin), secret.dump())}};
  });
}

json config_seal::opened(const std::string& plugin, const json& config) const {
  if (is_sealed(config)) {
    const auto text = key_.open(purpose_of(plugin), config.at(mark).get_ref<const std::string&>());
    if (!text)
      throw error{ec::conflict, "the secrets in the configuration of plugin " + plugin +
                                    " were sealed with another key; start with that one, or send its configuration "
                                    "again with the secrets themselves"};
    return json::parse(*text);
  }
  json whole = config;
  if (whole.is_structured())
    for (auto& value : whole) value = opened(plugin, value);
  return whole;
}

bool config_seal::is_bare(const json& config, const json& schema) {
  bool bare = false;
  changed_secrets(config, schema, [&](const json& secret) {
    bare = bare || !is_sealed(secret);
    return secret;
  });
  return bare;
}

json config_seal::masked(const json& config) {
  if (is_sealed(config)) return secret_mask;
  json shown = config;
  if (shown.is_structured())
    for (auto& value : shown) value = masked(value);
  return shown;
}

void refuse_sealed(const json& config) {
  if (config.is_object() && config.contains(mark))
    throw error{ec::invalid_argument, std::string{"a configuration must not have a member named \""} + mark + '"'};
  if (config.is_structured())
    for (const auto& value : config) refuse_sealed(value);
}

}  // namespace streamspace
