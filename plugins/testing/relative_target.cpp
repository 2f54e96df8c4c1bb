#include <charconv>
#include <optional>
#include <utility>

#include <streamspace/plugins/testing/relative_target.hpp>

namespace streamspace::testing {

namespace {

std::string_view cut(std::string_view& rest, char separator) {
  const auto at = rest.find(separator);
  const auto piece = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return piece;
}

/// Nothing when an escape is broken.
std::optional<std::string> decoded(std::string_view raw, bool plus_is_space) {
  std::string text;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '%') {
      text += plus_is_space && raw[i] == '+' ? ' ' : raw[i];
      continue;
    }
    const auto digits = raw.substr(i + 1, 2);
    unsigned value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || read.ptr != digits.data() + 2) return std::nullopt;
    text += static_cast<char>(value);
    i += 2;
  }
  return text;
}

/// Nothing when it is appended, else the sentence.
std::string append_segment(std::string_view raw, std::string& path) {
  if (raw.empty()) return "the path has an empty segment";
  const auto segment = decoded(raw, false);
  if (!segment) return "the path has an escape that is broken";
  if (*segment == "." || *segment == "..") return "the path has a '.' or '..' segment";
  if (segment->find_first_of("/\\") != std::string::npos) return "the path has an encoded slash or a backslash";
  path += '/' + *segment;
  return {};
}

}  // namespace

result<relative_target> read_relative_target(std::string_view text) {
  auto path = cut(text, '?');
  if (path.empty() || path.front() != '/')
    return failure(ec::invalid_argument, "the request target does not begin with a slash");
  path.remove_prefix(1);
  relative_target target;
  while (!path.empty())
    if (auto fault = append_segment(cut(path, '/'), target.path); !fault.empty())
      return failure(ec::invalid_argument, std::move(fault));
  if (target.path.empty()) target.path += '/';
  while (!text.empty()) {
    auto value = cut(text, '&');
    if (value.empty()) continue;
    auto name = decoded(cut(value, '='), true);
    auto its_value = decoded(value, true);
    if (!name || !its_value) return failure(ec::invalid_argument, "the query has an escape that is broken");
    target.queries.emplace_back(std::move(*name), std::move(*its_value));
  }
  return target;
}

}  // namespace streamspace::testing
