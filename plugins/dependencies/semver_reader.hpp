#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <streamspace/plugins/dependencies/semver.hpp>

/// What reading a version and reading a range have in common.
namespace streamspace::semver_reading {

constexpr std::string_view white_space = " \t\n\v\f\r";

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Goes through a text and fails at the place where it stands. Failures are thrown as error inside the two parsers,
/// which return them.
class reader {
 public:
  /// `what` names the text in messages ("version", "version range").
  reader(std::string_view what, std::string_view text) : what_{what}, text_{text} {}

  bool at_end() const { return at_ == text_.size(); }
  std::size_t position() const { return at_; }
  /// The character here; '\0' at the end.
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  std::string_view text() const { return text_; }
  std::string_view rest() const { return text_.substr(at_); }
  void skip(std::size_t count) { at_ += count; }
  void skip_white_space();
  /// Goes over `expected` if it stands here.
  bool take(std::string_view expected);

  /// A number without leading zeros, at most semver::max_number.
  std::uint64_t number();
  /// "-" and "+" with their identifiers, where they stand here.
  void qualifiers(semver& into);

  [[noreturn]] void fail(const std::string& why) const { fail_at(at_, why); }
  [[noreturn]] void fail_at(std::size_t position, const std::string& why) const;

 private:
  std::string identifier(bool in_prerelease);

  std::string_view what_;
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace streamspace::semver_reading
