#include <algorithm>
#include <array>
#include <string>

#include <streamspace/plugins/builtin/shared/redaction.hpp>

namespace streamspace::builtin {

namespace {

constexpr int max_depth = 64;
constexpr std::array<std::string_view, 15> secret_endings{
    "password", "passwordhash", "passwd", "pwd",        "passphrase", "passcode",      "otp",       "secret",
    "token",    "accesskey",    "apikey", "privatekey", "cookie",     "authorization", "credential"};

std::string without_nul(const std::string& text) {
  static constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string clean;
  clean.reserve(text.size());
  for (const char c : text) {
    if (c == '\0')
      clean += replacement;
    else
      clean += c;
  }
  return clean;
}

json copy(const json& value, int depth) {
  if (value.is_string()) return without_nul(value.get_ref<const std::string&>());
  if (!value.is_structured()) return value;
  if (depth >= max_depth) return "...";
  if (value.is_array()) {
    json out = json::array();
    for (const auto& item : value) out.push_back(copy(item, depth + 1));
    return out;
  }
  json out = json::object();
  for (const auto& [key, item] : value.items())
    out[without_nul(key)] = names_a_secret(key) ? json("***") : copy(item, depth + 1);
  return out;
}

}  // namespace

bool names_a_secret(std::string_view member) noexcept {
  if (!member.empty() && (member.back() == 's' || member.back() == 'S')) member.remove_suffix(1);
  // Compared from the end, so that no copy of the name is needed.
  const auto ends_with = [member](std::string_view ending) {
    auto left = member.size();
    for (auto i = ending.size(); i > 0; --i) {
      char c = 0;
      do {
        if (left == 0) return false;
        c = member[--left];
      } while (c == '_' || c == '-' || c == ' ' || c == '.');
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      if (c != ending[i - 1]) return false;
    }
    return true;
  };
  return std::any_of(secret_endings.begin(), secret_endings.end(), ends_with);
}

json redacted(const json& value) {
  const auto text = copy(value, 0).dump(-1, ' ', false, json::error_handler_t::replace);
  return json::parse(text);
}

}  // namespace streamspace::builtin
