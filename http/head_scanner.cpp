#include <streamspace/http/head_scanner.hpp>

namespace streamspace {

namespace {

/// What a request line has besides its target: the longest method that is understood, two spaces, "HTTP/1.1".
constexpr std::size_t request_line_overhead = 7 + 2 + 8;

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

}  // namespace

std::size_t head_scanner::scan(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !complete_ && !refused_) {
    const char c = bytes[used++];
    ++total_;
    if (after_cr_) {
      after_cr_ = false;
      refused_ = c == '\n' ? end_line() : refusal{400, "the header has a carriage return without a line feed"};
    } else if (c == '\r') {
      after_cr_ = true;
    } else if (!(refused_ = check(c))) {
      ++line_length_;
    }
    if (!complete_ && !refused_ && total_ >= limits_->header_bytes)
      refused_ = refusal{431, "the header is longer than " + std::to_string(limits_->header_bytes) + " bytes"};
  }
  return used;
}

std::optional<refusal> head_scanner::check(char c) const {
  if (c == '\n') return refusal{400, "the header has a line feed without a carriage return"};
  if (is_control(c)) return refusal{400, "the header has a control character"};
  if (line_ == 0) {
    if (c == '\t' || static_cast<unsigned char>(c) >= 0x80 || (c == ' ' && line_length_ == 0))
      return refusal{400, "the request line has a character that does not belong there"};
    if (line_length_ >= limits_->uri_bytes + request_line_overhead)
      return refusal{414, "the request target is longer than " + std::to_string(limits_->uri_bytes) + " bytes"};
  } else if (line_length_ == 0 && (c == ' ' || c == '\t')) {
    return refusal{400, "the header has a folded line"};
  }
  return std::nullopt;
}

std::optional<refusal> head_scanner::end_line() {
  if (line_length_ > 0) {
    line_length_ = 0;
    if (line_++ > limits_->header_fields)
      return refusal{431, "the header has more than " + std::to_string(limits_->header_fields) + " fields"};
  } else if (line_ > 0) {
    complete_ = true;
  } else {
    leading_bytes_ += 2;
    if (leading_bytes_ > 2) return refusal{400, "the request begins with empty lines"};
  }
  return std::nullopt;
}

}  // namespace streamspace
