#include <cli/http_client.hpp>
#include <curl/curl.h>

#include <streamspace/messages/error.hpp>

namespace streamspace {

namespace {

constexpr long connect_timeout_ms = 5'000;
constexpr long request_timeout_ms = 60'000;
constexpr std::size_t largest_answer = 64UL * 1024 * 1024;

void use_curl() {
  static const auto fault = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (fault != CURLE_OK) throw error{ec::internal, std::string{"libcurl cannot be used: "} + curl_easy_strerror(fault)};
}

std::size_t append(const char* bytes, std::size_t size, std::size_t count, void* to) noexcept {
  auto& body = *static_cast<std::string*>(to);
  const auto more = size * count;
  if (body.size() + more > largest_answer) return 0;
  try {
    body.append(bytes, more);
  } catch (const std::bad_alloc&) {
    return 0;
  }
  return more;
}

int give_up_when_stopped(void* token, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
  return static_cast<std::stop_token*>(token)->stop_requested() ? 1 : 0;
}

class header_list {
 public:
  header_list() = default;
  header_list(const header_list&) = delete;
  header_list& operator=(const header_list&) = delete;
  ~header_list() { curl_slist_free_all(list_); }

  void add(const std::string& line) {
    auto* longer = curl_slist_append(list_, line.c_str());
    if (!longer) throw std::bad_alloc{};
    list_ = longer;
  }
  curl_slist* get() const noexcept { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

}  // namespace

class http_client::connection {
 public:
  connection() {
    use_curl();
    handle_ = curl_easy_init();
    if (!handle_) throw error{ec::internal, "libcurl could not make a handle"};
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() { curl_easy_cleanup(handle_); }

  /// Forgets the last request's options; connections stay open.
  void reset() { curl_easy_reset(handle_); }
  template <class T>
  void set(CURLoption option, T value) {
    if (const auto fault = curl_easy_setopt(handle_, option, value); fault != CURLE_OK)
      throw error{ec::internal, std::string{"libcurl refuses an option: "} + curl_easy_strerror(fault)};
  }
  CURLcode perform() { return curl_easy_perform(handle_); }
  int status() {
    long code = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &code);
    return static_cast<int>(code);
  }

 private:
  CURL* handle_;
};

json http_answer::json() const {
  return streamspace::json::parse(body, nullptr, false);
}

http_client::http_client(std::string base_url, std::stop_token stop)
    : base_url_{std::move(base_url)}, stop_{std::move(stop)}, connection_{std::make_unique<connection>()} {}
http_client::~http_client() = default;
http_client::http_client(http_client&&) noexcept = default;

http_answer http_client::get(const std::string& path) {
  return perform("GET", path, nullptr);
}

http_answer http_client::send(const char* method, const std::string& path) {
  return perform(method, path, nullptr);
}

http_answer http_client::send(const char* method, const std::string& path, const json& body) {
  const auto text = body.dump();
  return perform(method, path, &text);
}

http_answer http_client::perform(const char* method, const std::string& path, const std::string* body) {
  const auto url = base_url_ + path;
  http_answer answer;
  header_list headers;
  headers.add("Accept: application/json");
  headers.add("Expect:");
  if (!token_.empty()) headers.add("Authorization: Bearer " + token_);
  auto& c = *connection_;
  c.reset();
  c.set(CURLOPT_URL, url.c_str());
  c.set(CURLOPT_NOSIGNAL, 1L);
  c.set(CURLOPT_PROXY, "");
  c.set(CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
  c.set(CURLOPT_TIMEOUT_MS, request_timeout_ms);
  c.set(CURLOPT_WRITEFUNCTION, &append);
  c.set(CURLOPT_WRITEDATA, &answer.body);
  c.set(CURLOPT_NOPROGRESS, 0L);
  c.set(CURLOPT_XFERINFOFUNCTION, &give_up_when_stopped);
  c.set(CURLOPT_XFERINFODATA, &stop_);
  if (body) {
    headers.add("Content-Type: application/json");
    c.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
    c.set(CURLOPT_POSTFIELDS, body->data());
  } else if (std::string_view{method} == "POST") {
    c.set(CURLOPT_POSTFIELDS, "");
  }
  c.set(CURLOPT_CUSTOMREQUEST, method);
  c.set(CURLOPT_HTTPHEADER, headers.get());
  const auto fault = c.perform();
  if (fault == CURLE_OPERATION_TIMEDOUT)
    throw error{ec::timeout, std::string{method} + " " + path + " was not answered within " +
                                 std::to_string(request_timeout_ms / 1000) + " s"};
  if (fault != CURLE_OK)
    throw error{ec::unavailable, std::string{method} + " " + path + ": " + curl_easy_strerror(fault)};
  answer.status = c.status();
  return answer;
}

}  // namespace streamspace
