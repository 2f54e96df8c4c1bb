#include <streamspace/http/target.hpp>

namespace streamspace {

namespace {

constexpr std::size_t max_query_pairs = 256;

tl::unexpected<error> refuse(std::string sentence) {
  return failure(ec::invalid_argument, std::move(sentence));
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// Well-formed UTF-8 as in the Unicode standard, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    if (lead < 0x80) continue;
    const int more = lead >= 0xC2 && lead <= 0xDF   ? 1
                     : lead >= 0xE0 && lead <= 0xEF ? 2
                     : lead >= 0xF0 && lead <= 0xF4 ? 3
                                                    : 0;
    if (more == 0) return false;
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    for (int k = 0; k < more; ++k, ++i, low = 0x80, high = 0xBF) {
      if (i == text.size()) return false;
      const auto c = static_cast<unsigned char>(text[i]);
      if (c < low || c > high) return false;
    }
  }
  return true;
}

/// Appends `raw` decoded; false when an escape is broken or the outcome is not UTF-8.
bool decode(std::string_view raw, bool plus_is_space, std::string& out) {
  const auto begin = out.size();
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '%') {
      if (i + 2 >= raw.size()) return false;
      const int high = hex_value(raw[i + 1]);
      const int low = hex_value(raw[i + 2]);
      if (high < 0 || low < 0) return false;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && raw[i] == '+' ? ' ' : raw[i];
    }
  }
  return is_utf8(std::string_view{out}.substr(begin));
}

/// Cuts off what stands in front of `separator`; all of it when there is none.
std::string_view cut(std::string_view& rest, char separator) {
  const auto at = rest.find(separator);
  const auto piece = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return piece;
}

/// Nothing when the segment was appended, else the sentence.
std::string append_segment(std::string_view raw, std::string& path) {
  if (raw.empty()) return "the path has an empty segment";
  path += '/';
  const auto begin = path.size();
  if (!decode(raw, false, path)) return "the path has an escape that is broken or not UTF-8";
  const auto segment = std::string_view{path}.substr(begin);
  if (segment == "." || segment == "..") return "the path has a '.' or '..' segment";
  for (const char c : segment) {
    if (c == '/' || c == '\\') return "the path has an encoded slash or a backslash";
    if (is_control(c)) return "the path has an encoded control character";
  }
  return {};
}

result<std::string> decode_path(std::string_view raw) {
  std::string path;
  path.reserve(raw.size());
  raw.remove_prefix(1);
  while (!raw.empty())
    if (auto fault = append_segment(cut(raw, '/'), path); !fault.empty()) return refuse(std::move(fault));
  if (path.empty()) path = "/";
  return path;
}

result<name_values> decode_query(std::string_view raw) {
  name_values queries;
  while (!raw.empty()) {
    auto value = cut(raw, '&');
    if (value.empty()) continue;
    if (queries.size() == max_query_pairs)
      return refuse("the query has more than " + std::to_string(max_query_pairs) + " parameters");
    const auto name = cut(value, '=');
    auto& pair = queries.emplace_back();
    if (!decode(name, true, pair.first) || !decode(value, true, pair.second))
      return refuse("the query has an escape that is broken or not UTF-8");
    if (pair.first.find('\0') != std::string::npos || pair.second.find('\0') != std::string::npos)
      return refuse("the query has a NUL character");
  }
  return queries;
}

bool take_prefix(std::string_view& text, std::string_view lower_case) {
  if (text.size() < lower_case.size()) return false;
  for (std::size_t i = 0; i < lower_case.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    if (c != lower_case[i]) return false;
  }
  text.remove_prefix(lower_case.size());
  return true;
}

}  // namespace

result<request_target> parse_target(std::string_view raw) {
  for (const char c : raw)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f || c == '#')
      return refuse("the request target has a character that must be percent-encoded");

  request_target target;
  if (raw == "*") {
    target.path = "*";
    return target;
  }
  if (take_prefix(raw, "http://") || take_prefix(raw, "https://")) {
    target.authority = raw.substr(0, raw.find_first_of("/?"));
    if (target.authority.empty() || target.authority.find('@') != std::string::npos)
      return refuse("the request target names no host, or has a user name in it");
    raw.remove_prefix(target.authority.size());
  }
  auto raw_path = cut(raw, '?');
  if (raw_path.empty() && !target.authority.empty()) raw_path = "/";
  if (raw_path.empty() || raw_path.front() != '/') return refuse("the request target does not begin with a slash");

  auto path = decode_path(raw_path);
  if (!path) return tl::unexpected{std::move(path).error()};
  auto queries = decode_query(raw);
  if (!queries) return tl::unexpected{std::move(queries).error()};
  target.path = std::move(*path);
  target.queries = std::move(*queries);
  return target;
}

}  // namespace streamspace
