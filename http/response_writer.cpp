#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include <streamspace/http/response_writer.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {

namespace {

constexpr std::array<std::string_view, 9> own_fields{
    "date",       "content-length", "connection", "x-request-id", "x-content-type-options", "transfer-encoding",
    "keep-alive", "upgrade",        "trailer"};
constexpr std::size_t max_request_id = 128;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_alnum(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9');
}

bool is_own(std::string_view name) {
  return std::any_of(own_fields.begin(), own_fields.end(), [name](std::string_view own) {
    return std::equal(name.begin(), name.end(), own.begin(), own.end(), [](char a, char b) { return lower(a) == b; });
  });
}

bool is_token(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return is_alnum(c) || std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(),
                      [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

void append_field(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string why_not_sendable(const response& answer) {
  if (answer.status < 200 || answer.status > 599)
    return "the handler answered with the status " + std::to_string(answer.status) + ", which is none";
  for (const auto& [name, value] : answer.headers)
    if (!is_token(name) || !is_field_value(value))
      return "the handler answered with a header field that cannot be sent";
  return {};
}

void write_head(const response& answer, const answer_frame& frame, std::string& out) {
  out.append("HTTP/1.1 ").append(std::to_string(answer.status)).append(" ");
  out.append(http_reason_of(answer.status)).append("\r\n");
  append_field("Date", frame.date, out);
  for (const auto& [name, value] : answer.headers)
    if (!is_own(name)) append_field(name, value, out);
  if (has_body(answer.status)) append_field("Content-Length", std::to_string(answer.body.size()), out);
  append_field("X-Request-Id", frame.request_id, out);
  append_field("X-Content-Type-Options", "nosniff", out);
  if (frame.then == answer_frame::connection::close) append_field("Connection", "close", out);
  if (frame.then == answer_frame::connection::keep_alive) append_field("Connection", "keep-alive", out);
  out.append("\r\n");
}

std::string http_date(std::int64_t unix_seconds) {
  using namespace std::chrono;
  static constexpr std::array<const char*, 7> days_of_week{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> months_of_year{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds t{seconds{unix_seconds}};
  const auto day = floor<days>(t);
  const year_month_day date{day};
  const hh_mm_ss<seconds> clock{t - day};
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT", days_of_week[weekday{day}.c_encoding()],
                static_cast<unsigned>(date.day()), months_of_year[static_cast<unsigned>(date.month()) - 1],
                static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return text;
}

std::string request_id_of(const request& rq) {
  const auto given = rq.header("x-request-id");
  const bool sane =
      !given.empty() && given.size() <= max_request_id &&
      std::all_of(given.begin(), given.end(), [](char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-'; });
  return sane ? std::string{given} : new_id();
}

}  // namespace streamspace
