#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <streamspace/messages/http_message.hpp>
#include <streamspace/messages/time.hpp>

namespace streamspace::builtin {

/// The query of a request, read strictly. Errors are invalid_argument (400): a parameter that is not known, given
/// twice, empty, or not what it must be; the sentence names it and says what it may be. It refers to the request.
class query_parameters {
 public:
  query_parameters(const request& rq, std::initializer_list<std::string_view> known);

  /// 1 to 200 bytes without control characters.
  std::optional<std::string> text(std::string_view name) const;
  std::optional<std::string> one_of(std::string_view name, std::initializer_list<std::string_view> choices) const;
  /// RFC 3339.
  std::optional<timestamp> instant(std::string_view name) const;
  std::optional<long long> integer(std::string_view name, long long least, long long most) const;

 private:
  const request& request_;
};

}  // namespace streamspace::builtin
