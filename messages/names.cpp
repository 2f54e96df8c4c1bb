#include <algorithm>
#include <array>
#include <cstdint>
#include <random>

#include <streamspace/messages/names.hpp>

namespace streamspace {

namespace {

constexpr std::array<std::string_view, 8> reserved_names{"catalog", "marketplace", "installed", "install",
                                                         "loaded",  "available",   "discover",  "ui"};
constexpr std::size_t max_event_type = 200;

bool is_lower_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// For every character whether a segment may have it.
constexpr auto segment_chars = [] {
  std::array<bool, 256> chars{};
  for (const char c : std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"})
    chars[static_cast<unsigned char>(c)] = true;
  return chars;
}();

bool is_segment_char(char c) {
  return segment_chars[static_cast<unsigned char>(c)];
}

/// Cuts the first segment off `rest`.
std::string_view next_segment(std::string_view& rest) {
  const auto dot = rest.find('.');
  const auto segment = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
  return segment;
}

template <class SegmentCheck>
bool all_segments(std::string_view text, SegmentCheck is_good) {
  if (text.empty() || text.size() > max_event_type || text.back() == '.') return false;
  while (!text.empty()) {
    const auto segment = next_segment(text);
    if (!is_good(segment, text.empty())) return false;
  }
  return true;
}

bool is_plain_segment(std::string_view segment) {
  return !segment.empty() && std::all_of(segment.begin(), segment.end(), is_segment_char);
}

}  // namespace

std::string why_not_a_plugin_name(std::string_view name) {
  const std::string quoted = "'" + std::string{name.substr(0, 80)} + "'";
  if (name.empty()) return "a plugin's name must not be empty";
  if (name.size() > 64) return "the plugin name " + quoted + " is longer than 64 characters";
  if (!std::all_of(name.begin(), name.end(), [](char c) { return is_lower_alnum(c) || c == '-'; }))
    return "the plugin name " + quoted + " may only have lower-case letters, digits and hyphens";
  if (name.front() == '-' || name.back() == '-')
    return "the plugin name " + quoted + " must begin and end with a letter or a digit";
  if (std::find(reserved_names.begin(), reserved_names.end(), name) != reserved_names.end())
    return "the plugin name " + quoted + " is reserved; choose another";
  return {};
}

bool is_plugin_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_lower_alnum(c) || c == '-'; }) &&
         name.front() != '-' && name.back() != '-' &&
         std::find(reserved_names.begin(), reserved_names.end(), name) == reserved_names.end();
}

bool is_event_type(std::string_view type) noexcept {
  if (type.empty() || type.size() > max_event_type) return false;
  // Every event is asked this: one pass. Each dot ends a segment, which has to have something in it.
  bool in_segment = false;
  for (const char c : type) {
    if (!is_segment_char(c) && !(c == '.' && in_segment)) return false;
    in_segment = c != '.';
  }
  return in_segment;
}

bool is_event_pattern(std::string_view pattern) noexcept {
  return all_segments(pattern, [](std::string_view segment, bool last) {
    return segment == "*" || (last && segment == ">") || is_plain_segment(segment);
  });
}

bool is_wildcard(std::string_view pattern) noexcept {
  return pattern.find_first_of("*>") != std::string_view::npos;
}

bool matches(std::string_view pattern, std::string_view type) noexcept {
  while (!pattern.empty() && !type.empty()) {
    const auto wanted = next_segment(pattern);
    if (wanted == ">") return true;
    const auto segment = next_segment(type);
    if (wanted != "*" && wanted != segment) return false;
  }
  return pattern.empty() && type.empty();
}

std::string new_id() {
  thread_local std::mt19937_64 engine{[] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
    return std::mt19937_64{seed};
  }()};
  std::array<std::uint64_t, 2> bits{engine(), engine()};
  bits[0] = (bits[0] & ~0xF000ULL) | 0x4000ULL;
  bits[1] = (bits[1] & ~(3ULL << 62)) | (2ULL << 62);
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) text += '-';
    text += digits[(bits[static_cast<std::size_t>(nibble / 16)] >> (60 - 4 * (nibble % 16))) & 0xF];
  }
  return text;
}

}  // namespace streamspace
