#include <sodium.h>
#include <span>
#include <vector>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/secret_key.hpp>

namespace streamspace {

namespace {

using digest = std::array<std::uint8_t, secret_key::size>;

constexpr std::size_t nonce_size = crypto_secretbox_NONCEBYTES;
constexpr int letters = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
static_assert(crypto_secretbox_KEYBYTES == secret_key::size);

/// Cheap and thread-safe after the first time.
void use_sodium() {
  if (sodium_init() < 0)
    throw error{ec::internal, "libsodium cannot be used on this machine: it found no source of randomness"};
}

digest hash(std::string_view text, std::span<const std::uint8_t> key = {}) {
  use_sodium();
  digest of{};
  crypto_generichash(of.data(), of.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(), key.data(),
                     key.size());
  return of;
}

std::string hex_of(const digest& bytes) {
  std::string text(2 * bytes.size() + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  text.pop_back();
  return text;
}

}  // namespace

secret_key secret_key::random() {
  use_sodium();
  secret_key made;
  randombytes_buf(made.bytes_.data(), made.bytes_.size());
  return made;
}

secret_key::secret_key(std::string_view bytes) {
  if (bytes.size() < size)
    throw error{ec::invalid_argument, "the secret key must have at least " + std::to_string(size) + " bytes, not " +
                                          std::to_string(bytes.size())};
  bytes_ = hash(bytes);
}

secret_key::~secret_key() {
  sodium_memzero(bytes_.data(), bytes_.size());
}

std::string secret_key::derive(std::string_view purpose) const {
  return hex_of(hash(purpose, bytes_));
}

std::string secret_key::seal(std::string_view purpose, std::string_view text) const {
  const auto key = hash(purpose, bytes_);
  std::vector<unsigned char> sealed(nonce_size + crypto_secretbox_MACBYTES + text.size());
  randombytes_buf(sealed.data(), nonce_size);
  crypto_secretbox_easy(sealed.data() + nonce_size, reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                        sealed.data(), key.data());
  std::string shown(sodium_base64_encoded_len(sealed.size(), letters), '\0');
  sodium_bin2base64(shown.data(), shown.size(), sealed.data(), sealed.size(), letters);
  shown.pop_back();
  return shown;
}

std::optional<std::string> secret_key::open(std::string_view purpose, std::string_view sealed) const {
  if (sealed.empty()) return std::nullopt;  // The library wants no null pointer, whatever the length.
  const auto key = hash(purpose, bytes_);
  std::vector<unsigned char> bytes(sealed.size());
  std::size_t length = 0;
  const char* end = nullptr;
  if (sodium_base642bin(bytes.data(), bytes.size(), sealed.data(), sealed.size(), nullptr, &length, &end, letters) !=
          0 ||
      end != sealed.data() + sealed.size() || length < nonce_size + crypto_secretbox_MACBYTES)
    return std::nullopt;
  std::string text(length - nonce_size - crypto_secretbox_MACBYTES, '\0');
  if (crypto_secretbox_open_easy(reinterpret_cast<unsigned char*>(text.data()), bytes.data() + nonce_size,
                                 length - nonce_size, bytes.data(), key.data()) != 0)
    return std::nullopt;
  return text;
}

std::string digest_of(std::string_view text) {
  return hex_of(hash(text));
}

}  // namespace streamspace
