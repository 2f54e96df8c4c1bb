#include <algorithm>

#include <streamspace/messages/http_message.hpp>
#include <streamspace/messages/json_nesting.hpp>

namespace streamspace {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_header(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view find_header(const name_values& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (same_header(key, name)) return value;
  return {};
}

}  // namespace

bool principal::may(std::string_view permission) const noexcept {
  return role == "admin" || std::find(permissions.begin(), permissions.end(), permission) != permissions.end();
}

std::string_view request::param(std::string_view name) const noexcept {
  for (const auto& [key, value] : params)
    if (key == name) return value;
  return {};
}

std::optional<std::string> request::query(std::string_view name) const {
  for (const auto& [key, value] : queries)
    if (key == name) return value;
  return std::nullopt;
}

std::string_view request::header(std::string_view name) const noexcept {
  return find_header(headers, name);
}

json request::json() const {
  if (nests_deeper_than(body, deepest_json))
    throw error{ec::invalid_argument,
                "the body nests arrays and objects more than " + std::to_string(deepest_json) + " deep"};
  try {
    return streamspace::json::parse(body);
  } catch (const streamspace::json::parse_error& e) {
    throw error{ec::invalid_argument, "the body is not JSON: fault at byte " + std::to_string(e.byte)};
  }
}

response::response(streamspace::json body_value, int status_code)
    : status{status_code},
      headers{{"Content-Type", "application/json"}},
      body{body_value.dump(-1, ' ', false, streamspace::json::error_handler_t::replace)} {}

response response::text(std::string body, int status_code) {
  response answer{status_code};
  answer.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  answer.body = std::move(body);
  return answer;
}

response response::problem(int status_code, std::string_view code, std::string detail) {
  response answer{streamspace::json{{"type", "about:blank"},
                                    {"title", http_reason_of(status_code)},
                                    {"status", status_code},
                                    {"detail", std::move(detail)},
                                    {"code", code}},
                  status_code};
  answer.headers.front().second = "application/problem+json";
  return answer;
}

std::string_view http_reason_of(int status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      break;
  }
  if (status < 300) return "OK";
  if (status < 400) return "Redirect";
  return status < 500 ? "Error" : "Server Error";
}

int http_status_of(ec code) noexcept {
  switch (code) {
    case ec::invalid_argument:
      return 400;
    case ec::not_found:
      return 404;
    case ec::already_exists:
    case ec::conflict:
    case ec::would_deadlock:
      return 409;
    case ec::unauthenticated:
      return 401;
    case ec::permission_denied:
      return 403;
    case ec::timeout:
      return 504;
    case ec::unavailable:
    case ec::database_unreachable:
      return 503;
    case ec::plugin_incompatible:
      return 422;
    case ec::not_in_turn:
    case ec::plugin_failed:
    case ec::database_error:
    case ec::data_folder_in_use:
    case ec::io_error:
    case ec::internal:
      return 500;
    case ec::quota_exceeded:
      return 507;
  }
  return 500;
}

response response::from_error(const error& e) {
  return problem(http_status_of(e.code()), to_string(e.code()), e.message());
}

response& response::header(std::string name, std::string value) {
  for (auto& [key, present] : headers)
    if (same_header(key, name)) return present = std::move(value), *this;
  headers.emplace_back(std::move(name), std::move(value));
  return *this;
}

std::string_view response::header(std::string_view name) const noexcept {
  return find_header(headers, name);
}

json response::json() const {
  return streamspace::json::parse(body, nullptr, false);
}

responder& responder::operator=(responder&& other) noexcept {
  if (this != &other) {
    responder dropped{std::move(*this)};
    deliver_ = std::exchange(other.deliver_, nullptr);
  }
  return *this;
}

responder::~responder() {
  if (!deliver_) return;
  try {
    std::exchange(deliver_, nullptr)(
        response::problem(503, to_string(ec::unavailable), "the handler of this route is gone; try again shortly"));
  } catch (...) {  // A sink that throws has nobody left to tell.
  }
}

void responder::operator()(response answer) {
  if (auto deliver = std::exchange(deliver_, nullptr)) deliver(std::move(answer));
}

}  // namespace streamspace
