#include <map>
#include <mutex>
#include <sodium.h>

#include <cli/demo_receiver.hpp>

#include <streamspace/http/http_server.hpp>
#include <streamspace/http/sodium.hpp>

namespace streamspace {

namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

bool is_webhook_signature(std::string_view signature, std::string_view secret, std::string_view sent_at,
                          std::string_view body) {
  constexpr std::string_view scheme = "sha256=";
  use_sodium();
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes_of(secret), secret.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(sent_at), sent_at.size());
  crypto_auth_hmacsha256_update(&state, bytes_of("."), 1);
  crypto_auth_hmacsha256_update(&state, bytes_of(body), body.size());
  crypto_auth_hmacsha256_final(&state, mac.data());
  std::array<char, 2 * mac.size() + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), mac.data(), mac.size());
  if (signature.size() != scheme.size() + 2 * mac.size() || !signature.starts_with(scheme)) return false;
  return sodium_memcmp(signature.data() + scheme.size(), hex.data(), 2 * mac.size()) == 0;
}

/// What is known of the deliveries so far, and what each new one is answered.
struct demo_receiver::desk {
  response take(const request& rq) {
    const auto id = std::string{rq.header("X-StreamSpace-Delivery")};
    const bool signed_right = is_webhook_signature(rq.header("X-StreamSpace-Signature"), secret,
                                                   rq.header("X-StreamSpace-Timestamp"), rq.body);
    const auto body = json::parse(rq.body, nullptr, false);
    std::lock_guard lock{mutex};
    if (!signed_right) {
      ++wrong_signatures;
      return response::problem(401, "bad_signature", "the signature is not that of this body");
    }
    if (id.empty() || !body.is_object() || !body.contains("data") || !body["data"].is_object())
      return response::problem(400, "bad_delivery", "a delivery has an id and an event with its data");
    auto& delivery = seen[id];
    delivery.id = id;
    delivery.type = body.value("type", "");
    delivery.subject = body["data"].value("id", "");
    if (delivery.refused == 0 && delivery.accepted == 0 && left_to_refuse > 0) {
      --left_to_refuse;
      ++delivery.refused;
      return response::problem(500, "not_now", "try again, please");
    }
    if (++delivery.accepted == 1) ++accepted;
    return response::no_content();
  }

  std::string secret;
  int left_to_refuse = 0;
  std::mutex mutex;  // Guards what follows, and left_to_refuse.
  std::map<std::string, seen_delivery> seen;
  std::size_t accepted = 0;
  std::size_t wrong_signatures = 0;
};

demo_receiver::demo_receiver(std::string secret, int to_be_refused) : desk_{std::make_shared<desk>()} {
  desk_->secret = std::move(secret);
  desk_->left_to_refuse = to_be_refused;
}

demo_receiver::~demo_receiver() {
  stop();
}

void demo_receiver::start() {
  http_server_options options;
  options.io_threads = 1;
  server_ = std::make_unique<http_server>(
      std::move(options), [desk = desk_](const request& rq, responder answer) { answer(desk->take(rq)); });
  server_->start();
}

void demo_receiver::stop() {
  if (server_) server_->stop(std::chrono::seconds{1});
}

std::string demo_receiver::url() const {
  return "http://127.0.0.1:" + std::to_string(server_->port()) + "/hook";
}

std::size_t demo_receiver::accepted() const {
  std::lock_guard lock{desk_->mutex};
  return desk_->accepted;
}

std::vector<seen_delivery> demo_receiver::deliveries() const {
  std::lock_guard lock{desk_->mutex};
  std::vector<seen_delivery> all;
  for (const auto& [id, delivery] : desk_->seen) all.push_back(delivery);
  return all;
}

std::size_t demo_receiver::wrong_signatures() const {
  std::lock_guard lock{desk_->mutex};
  return desk_->wrong_signatures;
}

}  // namespace streamspace
