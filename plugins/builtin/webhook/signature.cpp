#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/plugins/builtin/webhook/signature.hpp>

namespace streamspace::builtin {

namespace {

using digest = std::array<unsigned char, 32>;

std::string hex_of(const digest& bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const auto byte : bytes) {
    text += digits[byte >> 4U];
    text += digits[byte & 0xFU];
  }
  return text;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string signature_of(std::string_view secret, std::string_view timestamp, std::string_view body) {
  std::string message;
  message.reserve(timestamp.size() + 1 + body.size());
  message.append(timestamp).append(1, '.').append(body);
  digest mac{};
  unsigned size = 0;
  if (!HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(message), message.size(), mac.data(),
            &size))
    throw error{ec::internal, "OpenSSL could not work out an HMAC-SHA256"};
  return "sha256=" + hex_of(mac);
}

std::string sha256_of(std::string_view text) {
  digest hash{};
  if (EVP_Digest(text.data(), text.size(), hash.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw error{ec::internal, "OpenSSL could not work out a SHA-256"};
  return hex_of(hash);
}

}  // namespace streamspace::builtin
