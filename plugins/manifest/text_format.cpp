#include <algorithm>

#include <streamspace/plugins/manifest/text_format.hpp>

namespace streamspace {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
/// Control characters and the space.
bool is_blank_or_control(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
}

/// Calls `check` with each part between separators; whether it agreed with all.
template <class Check>
bool all_parts(std::string_view text, char separator, Check check) {
  while (true) {
    const auto end = text.find(separator);
    if (!check(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool is_host_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '-' || static_cast<unsigned char>(c) >= 0x80;
         });
}

bool is_uri_char(char c) {
  return is_letter(c) || is_digit(c) || std::string_view{"-._~:/?#[]@!$&'()*+,;=%"}.find(c) != std::string_view::npos;
}

bool has_good_escapes(std::string_view text) {
  for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1))
    if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return false;
  return true;
}

}  // namespace

bool is_email(std::string_view text) noexcept {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || text.size() > 254) return false;
  const auto local = text.substr(0, at);
  return std::none_of(local.begin(), local.end(), [](char c) { return is_blank_or_control(c) || c == '@'; }) &&
         all_parts(text.substr(at + 1), '.', is_host_label);
}

bool is_uri(std::string_view text) noexcept {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size() || !is_letter(text.front()))
    return false;
  const auto scheme = text.substr(0, colon);
  return std::all_of(scheme.begin(), scheme.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; }) &&
         std::all_of(text.begin(), text.end(), is_uri_char) && has_good_escapes(text);
}

bool is_web_url(std::string_view text) noexcept {
  if (!is_uri(text)) return false;
  const auto behind = text.find("://");
  if (behind == std::string_view::npos) return false;
  const auto is_scheme = [&](std::string_view wanted) {
    return std::equal(wanted.begin(), wanted.end(), text.begin(), text.begin() + static_cast<std::ptrdiff_t>(behind),
                      [](char w, char c) { return w == (c | 0x20); });
  };
  const auto rest = text.substr(behind + 3);
  return (is_scheme("http") || is_scheme("https")) && !rest.empty() && rest.find_first_of("/?#") != 0;
}

bool is_inner_path(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f' || c == '\\'; }) &&
         all_parts(text, '/', [](std::string_view part) { return !part.empty() && part != ".."; });
}

}  // namespace streamspace
