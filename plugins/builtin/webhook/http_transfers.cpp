#include <algorithm>
#include <array>
#include <utility>

#include <curl/curl.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/plugins/builtin/webhook/http_transfers.hpp>

namespace streamspace::builtin {

namespace {

constexpr std::size_t max_answer = 64 * 1024;

void demand(CURLcode code) {
  if (code != CURLE_OK)
    throw error{ec::internal, std::string{"libcurl refused an option: "} + curl_easy_strerror(code)};
}

void demand(CURLMcode code) {
  if (code != CURLM_OK) throw error{ec::internal, std::string{"libcurl failed: "} + curl_multi_strerror(code)};
}

/// libcurl asks for this once a program; it stays set up until the program ends.
void set_up_libcurl() {
  static const auto outcome = curl_global_init(CURL_GLOBAL_DEFAULT);
  demand(outcome);
}

}  // namespace

class http_transfers::multi_handle {
 public:
  multi_handle() : handle_{curl_multi_init()} {
    if (!handle_) throw error{ec::internal, "libcurl could not make a handle"};
  }
  ~multi_handle() { curl_multi_cleanup(handle_); }
  multi_handle(const multi_handle&) = delete;
  multi_handle& operator=(const multi_handle&) = delete;
  CURLM* get() const noexcept { return handle_; }

 private:
  CURLM* handle_;
};

/// One POST, in the multi handle as long as it lives.
class http_transfers::transfer {
 public:
  transfer(CURLM* multi, std::size_t key, post what, const std::string& user_agent, const std::string& proxy)
      : multi_{multi}, key_{key}, what_{std::move(what)} {
    if (!easy_) throw error{ec::internal, "libcurl could not make a handle"};
    for (const auto& [name, value] : what_.headers) add_header(name, value);
    // libcurl would ask a receiver of a long body first whether it may send it.
    append("Expect:");
    set(CURLOPT_URL, what_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROXY, proxy.c_str());
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what_.body.size()));
    set(CURLOPT_POSTFIELDS, what_.body.data());
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_USERAGENT, user_agent.c_str());
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(what_.timeout.count()));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(what_.timeout.count()));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_ERRORBUFFER, fault_.data());
    set(CURLOPT_WRITEFUNCTION, &transfer::take_answer);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_PRIVATE, this);
    demand(curl_multi_add_handle(multi_, easy_.get()));
  }
  ~transfer() { curl_multi_remove_handle(multi_, easy_.get()); }
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;

  ended end(CURLcode code) const {
    ended report{key_, {}};
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    // A status that came with more of a body than we read is an answer all the same.
    if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && received_ > max_answer)) {
      report.result.status = static_cast<int>(status);
      curl_off_t seconds = 0;
      if (curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0)
        report.result.retry_after = std::chrono::seconds{seconds};
    } else {
      report.result.fault = fault_.front() ? fault_.data() : curl_easy_strerror(code);
    }
    return report;
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    demand(curl_easy_setopt(easy_.get(), option, value));
  }

  void append(const std::string& line) {
    auto* longer = curl_slist_append(headers_.get(), line.c_str());
    if (!longer) throw error{ec::internal, "libcurl could not take a header"};
    (void)headers_.release();
    headers_.reset(longer);
  }

  void add_header(const std::string& name, const std::string& value) {
    // To libcurl "name:" takes a header out; "name;" is the one without a value.
    append(value.empty() ? name + ";" : name + ": " + value);
  }

  static std::size_t take_answer(char*, std::size_t size, std::size_t count, void* self) {
    auto& received = static_cast<transfer*>(self)->received_;
    received += size * count;
    return received > max_answer ? 0 : size * count;
  }

  CURLM* multi_;
  std::size_t key_;
  post what_;
  std::size_t received_ = 0;
  std::array<char, CURL_ERROR_SIZE> fault_{};
  std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers_{nullptr, curl_slist_free_all};
  std::unique_ptr<CURL, void (*)(CURL*)> easy_{curl_easy_init(), curl_easy_cleanup};
};

http_transfers::http_transfers(std::string user_agent, std::string proxy)
    : user_agent_{std::move(user_agent)}, proxy_{std::move(proxy)} {
  set_up_libcurl();
  multi_ = std::make_unique<multi_handle>();
}

http_transfers::~http_transfers() = default;

void http_transfers::start(std::size_t key, post what) {
  running_.push_back(std::make_unique<transfer>(multi_->get(), key, std::move(what), user_agent_, proxy_));
}

std::vector<http_transfers::ended> http_transfers::wait(std::chrono::milliseconds at_most) {
  int still_running = 0;
  demand(curl_multi_perform(multi_->get(), &still_running));
  if (still_running == static_cast<int>(running_.size())) {
    demand(curl_multi_poll(multi_->get(), nullptr, 0, static_cast<int>(at_most.count()), nullptr));
    demand(curl_multi_perform(multi_->get(), &still_running));
  }
  std::vector<ended> all;
  int left = 0;
  while (const auto* message = curl_multi_info_read(multi_->get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    transfer* done = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &done);
    all.push_back(done->end(message->data.result));
    std::erase_if(running_, [done](const auto& t) { return t.get() == done; });
  }
  return all;
}

void http_transfers::cancel_all() noexcept {
  running_.clear();
}

void http_transfers::wake() noexcept {
  curl_multi_wakeup(multi_->get());
}

}  // namespace streamspace::builtin
