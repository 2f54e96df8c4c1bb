#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/error.hpp>
#include <streamspace/plugins/dependencies/semver.hpp>

namespace streamspace {

/// A set of versions as node-semver's ranges name them: comparators (`>= > < <= =`), `^1.2`, `~1.2` (and `~>`),
/// `1.2.x`, `1.2 - 2.3`, joined by white space (all of them) and `||` (any of them). The empty range is `*`. What
/// node-semver's documented grammar allows means the same here; what it takes only by accident ("1.2.3*") is refused.
class semver_range {
 public:
  struct options {
    /// Prereleases are versions like the others. Without it, one fits only where a comparator of the range names a
    /// prerelease of the same major.minor.patch.
    bool include_prerelease = false;
  };

  /// As long as the text of a range may be, in characters.
  static constexpr std::size_t max_length = 1024;

  /// `*`, without prereleases.
  semver_range();

  /// Errors: invalid_argument; the message and the fact "position" say at which character, counted from 1.
  static result<semver_range> parse(std::string_view text, options how);
  static result<semver_range> parse(std::string_view text) { return parse(text, {}); }

  /// The range ">=version" or "<=version" of a version that may be partial ("1.2") and has no operator of its own.
  static result<semver_range> at_least(std::string_view version, options how);
  static result<semver_range> at_most(std::string_view version, options how);

  bool contains(const semver& version) const noexcept;

  /// Its comparators, without what they were short for: "^1.2 || 3" is ">=1.2.0 <2.0.0-0||>=3.0.0 <4.0.0-0".
  std::string to_string() const;

 private:
  enum class relation { less, at_most, equal, at_least, more };
  struct comparator {
    relation how;
    semver version;
  };
  /// All must hold. None is there where everything fits.
  using comparators = std::vector<comparator>;
  class parser;

  template <class Read>
  static result<semver_range> read(options how, Read&& alternatives);
  static bool holds(const comparator& c, const semver& version) noexcept;
  static std::string text_of(const comparator& c);

  std::vector<comparators> alternatives_;
  options options_;
};

/// Whether a version is in a range; an error where one of the texts is none.
result<bool> satisfies(std::string_view version, std::string_view range, semver_range::options how = {});

/// The highest of the versions that is in the range, the first of those that are equivalent; nothing when none is.
std::optional<semver> max_satisfying(std::span<const semver> versions, const semver_range& range);

}  // namespace streamspace
