#pragma once

#include <string>

#include <streamspace/messages/json.hpp>
#include <streamspace/persistence/secret_key.hpp>

namespace streamspace {

/// Plugins' configurations as the database has them: what the schema declares `"format": "password"` is sealed with the
/// host's key, as {"$sealed": text}. Thread-safe.
class config_seal {
 public:
  explicit config_seal(secret_key key) : key_{key} {}

  /// What is sealed already stays as it is.
  json sealed(const std::string& plugin, const json& config, const json& schema) const;
  /// Takes what is not sealed as it is. Error conflict, naming the plugin, for what was sealed with another key.
  json opened(const std::string& plugin, const json& config) const;
  /// Whether something of it should be sealed and is not.
  static bool is_bare(const json& config, const json& schema);
  /// With "***" for all that is sealed.
  static json masked(const json& config);

 private:
  secret_key key_;
};

/// Error invalid_argument for a configuration that has something of that form already: no caller may say what is
/// sealed.
void refuse_sealed(const json& config);

}  // namespace streamspace
