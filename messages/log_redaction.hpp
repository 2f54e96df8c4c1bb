#pragma once

#include <string>
#include <vector>

#include <streamspace/messages/json.hpp>
#include <streamspace/messages/log_record.hpp>

namespace streamspace {

/// The texts and numbers in what a configuration's JSON Schema declares `"format": "password"`, those of a secret that
/// is an object or array too.
std::vector<std::string> secrets_of(const json& config, const json& schema);

/// Takes secrets out of a log: "***" stands in their place. Immutable, so any thread may use it.
class log_redaction {
 public:
  /// Secrets of fewer bytes would take ordinary words apart; they are not looked for.
  static constexpr std::size_t shortest = 4;

  log_redaction() = default;
  explicit log_redaction(const std::vector<std::string>& secrets);

  bool empty() const noexcept { return needles_.empty(); }

  /// In the message, and in keys and values of the data at any depth: every occurrence, as it is or as JSON escapes it,
  /// and a number that is one. What is nested deeper than other JSON may be becomes "***" as a whole. A secret that is
  /// encoded otherwise (base64, percent signs) is not recognised.
  void apply(log_record& record) const;

 private:
  void redact(std::string& text) const;
  void redact(json& value, unsigned depth) const;

  std::vector<std::string> needles_;  ///< The longest first, as one may be part of another.
};

}  // namespace streamspace
