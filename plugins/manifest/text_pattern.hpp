#pragma once

#include <memory>
#include <string_view>

#include <streamspace/messages/error.hpp>

namespace streamspace {

/// A regular expression as JSON Schema has them (ECMA 262, as near as PCRE2 comes to it), of which neither compiling
/// nor searching takes more than a bounded time and memory, whoever wrote it.
class text_pattern {
 public:
  static constexpr std::size_t max_length = 1024;

  enum class outcome { found, not_found, too_costly };

  /// Errors: invalid_argument; the message says where it is wrong.
  static result<text_pattern> compile(std::string_view pattern);

  /// Whether it is found anywhere in the text. A text that is no UTF-8 has nothing in it.
  outcome search(std::string_view text) const;

 private:
  struct compiled;
  explicit text_pattern(std::shared_ptr<const compiled> c) : compiled_{std::move(c)} {}
  std::shared_ptr<const compiled> compiled_;
};

}  // namespace streamspace
