#include <streamspace/plugins/sdk/plugin_config.hpp>

namespace streamspace {

namespace {

/// Numbers and booleans by value, all else by its kind: text may be a secret.
std::string shown(const json& value) {
  if (value.is_number() || value.is_boolean()) return value.dump();
  return std::string{value.type_name()};
}

}  // namespace

void plugin_config::set(json value) {
  // Round brackets: a json in braces would become an array of one.
  values_.push_back(std::make_unique<const json>(std::move(value)));
  now_.store(values_.back().get(), std::memory_order_release);
}

const json* plugin_config::find(const std::string& pointer) const {
  try {
    const json::json_pointer at{pointer};
    const auto& value = raw();
    return value.contains(at) ? &value.at(at) : nullptr;
  } catch (const json::exception& e) {
    throw error{ec::invalid_argument, "'" + pointer + "' is not a JSON pointer: " + e.what()};
  }
}

void plugin_config::misfit(const std::string& pointer, const json& value, const std::string& wanted) {
  throw error{ec::invalid_argument,
              "the configuration at " + pointer + " is " + shown(value) + "; it must be " + wanted};
}

}  // namespace streamspace
