#include <algorithm>
#include <array>

#include <streamspace/messages/log_record.hpp>
#include <streamspace/messages/log_text.hpp>

namespace streamspace {

namespace {

constexpr std::array<std::string_view, 5> level_names{"DEBUG", "INFO", "WARN", "ERROR", "FATAL"};

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace

std::string_view to_string(log_level level) noexcept {
  return level_names[static_cast<std::size_t>(level)];
}

std::optional<log_level> parse_log_level(std::string_view text) noexcept {
  for (std::size_t i = 0; i < level_names.size(); ++i)
    if (std::equal(text.begin(), text.end(), level_names[i].begin(), level_names[i].end(),
                   [](char a, char b) { return upper(a) == b; }))
      return static_cast<log_level>(i);
  return std::nullopt;
}

std::string to_json_line(const log_record& record) {
  // Written in the order in which people read it; a json object would sort its members.
  std::string line = R"({"plugin":)" + log_text(record.plugin) + R"(,"level":")";
  line += to_string(record.level);
  line += R"(","message":)" + log_text(record.message);
  if (!record.data.is_null() && !record.data.empty()) line += R"(,"data":)" + log_text(record.data);
  line += R"(,"timestamp":")" + to_rfc3339(record.time) + R"("})";
  return line;
}

}  // namespace streamspace
