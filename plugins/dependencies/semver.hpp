#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/error.hpp>

namespace streamspace {

/// A version, after Semantic Versioning 2.0.0 (semver.org).
struct semver {
  /// What major, minor and patch may be at most: 2^53 - 1, as node-semver has it.
  static constexpr std::uint64_t max_number = 9'007'199'254'740'991;
  /// As long as the text of a version may be, in characters.
  static constexpr std::size_t max_length = 256;

  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  std::uint64_t patch = 0;
  std::vector<std::string> prerelease;  ///< The identifiers after '-'; those of digits alone count as numbers.
  std::vector<std::string> build;       ///< The identifiers after '+'. They say nothing about precedence.

  /// Reads a whole version, strictly: three numbers without leading zeros, then what semver.org allows. White space
  /// around it and one 'v' before it are passed over, as node-semver does.
  /// Errors: invalid_argument; the message and the fact "position" say at which character, counted from 1.
  static result<semver> parse(std::string_view text);

  bool is_prerelease() const noexcept { return !prerelease.empty(); }

  /// Precedence, after semver.org section 11. Versions that differ in nothing but build metadata are equivalent.
  friend std::weak_ordering operator<=>(const semver& a, const semver& b) noexcept;
  friend bool operator==(const semver& a, const semver& b) noexcept { return (a <=> b) == 0; }
};

/// As it is written, build metadata included: "1.2.3-beta.1+exp.5".
std::string to_string(const semver& version);

}  // namespace streamspace
