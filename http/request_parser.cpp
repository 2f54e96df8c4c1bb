#include <algorithm>
#include <array>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <streamspace/http/request_parser.hpp>
#include <streamspace/http/target.hpp>

namespace streamspace {

namespace {

namespace beast = boost::beast;

/// A chunk's header or a trailer must fit here; so must what is kept of a head between two requests.
constexpr std::size_t small_buffer = 4 * 1024;

/// Whatever a chunked body still lacks, it ends in "0 CR LF CR LF"; Beast's parser expects to see no less of it at
/// once.
constexpr std::size_t shortest_tail = 5;

/// A chunked body may be this many times its limit on the wire: one byte a chunk is six.
constexpr std::size_t max_framing = 8;

constexpr std::array<std::string_view, 7> methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_text(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

/// What may stand in a Host field: a name, an IPv4 or bracketed IPv6 address, a port (RFC 9110, section 7.2).
bool is_host(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view{".-_~:[]%!$&'()*+,;="}.find(c) != std::string_view::npos;
  });
}

refusal from_beast(beast::error_code ec, const http_limits& limits) {
  using beast::http::error;
  if (ec == error::body_limit) return {413, "the body is longer than " + std::to_string(limits.body_bytes) + " bytes"};
  if (ec == error::bad_version) return {505, "the request line does not end in HTTP/1.1 or HTTP/1.0"};
  if (ec == error::bad_method || ec == error::bad_target) return {400, "the request line cannot be read"};
  if (ec == error::bad_content_length || ec == error::multiple_content_length || ec == error::bad_transfer_encoding)
    return {400, "the Content-Length and Transfer-Encoding fields do not say one thing"};
  if (ec == error::bad_chunk || ec == error::bad_chunk_extension || ec == error::bad_line_ending)
    return {400, "the body has a bad chunk"};
  return {400, "a header field cannot be read"};
}

}  // namespace

/// One request on Beast's parser, which cuts the head into fields, frames the body, and by itself refuses
/// Transfer-Encoding with Content-Length and a second Transfer-Encoding.
struct request_parser::message final : beast::http::basic_parser<true> {
  explicit message(const http_limits& l) : limits{l} {
    header_limit(static_cast<std::uint32_t>(l.header_bytes + small_buffer));
    body_limit(l.body_bytes);
    eager(true);
  }

  void refuse(int status, std::string detail, beast::error_code& ec) {
    refused = refusal{status, std::move(detail)};
    ec = beast::http::error::bad_value;
  }

  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view raw_target, int version,
                       beast::error_code& ec) override {
    http_1_0 = version == 10;
    rq.method = view(method);
    if (std::find(methods.begin(), methods.end(), rq.method) == methods.end())
      return refuse(501, "the method is none that this server knows", ec);
    if (raw_target.size() > limits.uri_bytes)
      return refuse(414, "the request target is longer than " + std::to_string(limits.uri_bytes) + " bytes", ec);
    auto target = streamspace::parse_target(view(raw_target));
    if (!target) return refuse(400, target.error().message(), ec);
    if (target->path == "*" && rq.method != "OPTIONS") return refuse(400, "only OPTIONS takes the target '*'", ec);
    rq.path = std::move(target->path);
    rq.queries = std::move(target->queries);
    authority = std::move(target->authority);
  }

  void on_field_impl(beast::http::field name, beast::string_view name_text, beast::string_view value_text,
                     beast::error_code& ec) override {
    if (in_body) return;  // A trailer field.
    using beast::http::field;
    const auto value = view(value_text);
    switch (name) {
      case field::host:
        if (++hosts > 1) return refuse(400, "the request has two Host fields", ec);
        if (!is_host(value)) return refuse(400, "the Host field names no host", ec);
        if (!authority.empty() && !same_text(authority, value))
          return refuse(400, "the Host field differs from the request target", ec);
        break;
      case field::content_length:
        if (++lengths > 1) return refuse(400, "the request has two Content-Length fields", ec);
        if (!std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; }))
          return refuse(400, "the Content-Length is not a number", ec);
        break;
      case field::transfer_encoding:
        if (http_1_0) return refuse(400, "HTTP/1.0 has no Transfer-Encoding", ec);
        if (!same_text(value, "chunked"))
          return refuse(501, "the transfer coding is none but 'chunked' that is known here", ec);
        break;
      case field::expect:
        if (!same_text(value, "100-continue"))
          return refuse(417, "the expectation is none but '100-continue' that is known here", ec);
        expects_continue = !http_1_0;
        break;
      default:
        break;
    }
    rq.headers.emplace_back(view(name_text), value);
  }

  void on_header_impl(beast::error_code& ec) override {
    if (hosts == 0 && !http_1_0) return refuse(400, "the request has no Host field", ec);
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, beast::error_code&) override {
    // A promise of a long body reserves nothing: the memory follows the bytes.
    if (length) rq.body.reserve(std::min<std::size_t>(*length, small_buffer));
  }

  std::size_t on_body_impl(beast::string_view bytes, beast::error_code&) override {
    rq.body += view(bytes);
    return bytes.size();
  }

  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, beast::error_code& ec) override {
    return on_body_impl(bytes, ec);
  }

  void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
  void on_finish_impl(beast::error_code&) override {}

  const http_limits& limits;
  request rq;
  std::string authority;
  std::optional<refusal> refused;
  unsigned hosts = 0;
  unsigned lengths = 0;
  std::size_t raw_bytes = 0;  ///< Of the body with its chunks' framing.
  bool http_1_0 = false;
  bool expects_continue = false;
  bool in_body = false;
};

request_parser::request_parser(const http_limits& limits) : limits_{limits}, scanner_{limits} {}

request_parser::~request_parser() = default;

std::size_t request_parser::feed(std::string_view bytes) {
  std::size_t used = 0;
  if (!has_head()) used = feed_head(bytes);
  if (has_head() && !complete() && !refused_ && used < bytes.size()) used += feed_body(bytes.substr(used));
  return used;
}

std::size_t request_parser::feed_head(std::string_view bytes) {
  const auto used = scanner_.scan(bytes);
  refused_ = scanner_.refused();
  if (refused_) return used;
  head_ += bytes.substr(0, used);
  if (!scanner_.complete()) return used;
  message_ = std::make_unique<message>(limits_);
  parse(std::string_view{head_}.substr(scanner_.leading_bytes()));
  message_->in_body = true;
  head_.clear();
  return used;
}

std::size_t request_parser::feed_body(std::string_view bytes) {
  message_->expects_continue = false;
  message_->raw_bytes += bytes.size();
  if (message_->raw_bytes > max_framing * limits_.body_bytes + small_buffer) {
    refuse({413, "the body's chunks are too small for its size"});
    return bytes.size();
  }
  if (!message_->chunked()) return parse(bytes);
  const auto kept = head_.size();
  head_ += bytes;
  if (head_.size() < shortest_tail) return bytes.size();
  const auto used = parse(head_);
  if (complete() || refused_) return std::max(used, kept) - kept;
  head_.erase(0, used);
  if (head_.size() > small_buffer) refuse({400, "the body has a chunk header or trailer that is too long"});
  return bytes.size();
}

std::size_t request_parser::parse(std::string_view bytes) {
  std::size_t used = 0;
  beast::error_code ec;
  while (used < bytes.size() && !message_->is_done()) {
    used += message_->put(boost::asio::const_buffer{bytes.data() + used, bytes.size() - used}, ec);
    if (ec) break;
  }
  if (ec && ec != beast::http::error::need_more)
    refused_ = message_->refused ? std::move(message_->refused) : from_beast(ec, limits_);
  return used;
}

bool request_parser::complete() const noexcept {
  return message_ && message_->is_done() && !refused_;
}

bool request_parser::has_head() const noexcept {
  return message_ && message_->in_body;
}

bool request_parser::expects_continue() const noexcept {
  return has_head() && message_->expects_continue && !complete() && !refused_;
}

bool request_parser::keep_alive() const noexcept {
  return message_->keep_alive();
}

bool request_parser::is_http_1_0() const noexcept {
  return message_->http_1_0;
}

std::size_t request_parser::body_bytes() const noexcept {
  return message_ ? message_->rq.body.size() : 0;
}

request request_parser::take() {
  return std::move(message_->rq);
}

void request_parser::reset() {
  scanner_ = head_scanner{limits_};
  head_.clear();
  if (head_.capacity() > small_buffer) head_.shrink_to_fit();
  message_.reset();
  refused_.reset();
}

}  // namespace streamspace
