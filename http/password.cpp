#include <array>
#include <optional>
#include <sodium.h>

#include <streamspace/http/password.hpp>
#include <streamspace/http/sodium.hpp>
#include <streamspace/messages/error.hpp>

namespace streamspace {

namespace {

constexpr unsigned long long passes = 2;
constexpr std::size_t memory = 19UL * 1024 * 1024;

using hash_text = std::array<char, crypto_pwhash_STRBYTES>;

/// libsodium takes a hash as a C string in a buffer of fixed size.
std::optional<hash_text> as_hash_text(std::string_view hash) {
  hash_text text{};
  if (hash.empty() || hash.size() >= text.size() || hash.find('\0') != std::string_view::npos) return std::nullopt;
  hash.copy(text.data(), hash.size());
  if (crypto_pwhash_str_needs_rehash(text.data(), passes, memory) < 0) return std::nullopt;
  return text;
}

/// Makes a hash's work without an outcome.
void spend_the_time(std::string_view password) {
  std::array<unsigned char, 32> out;
  const std::array<unsigned char, crypto_pwhash_SALTBYTES> salt{};
  [[maybe_unused]] const int done = crypto_pwhash(out.data(), out.size(), password.data(), password.size(), salt.data(),
                                                  passes, memory, crypto_pwhash_ALG_ARGON2ID13);
}

}  // namespace

std::string hash_password(std::string_view password) {
  if (password.empty()) throw error{ec::invalid_argument, "the password must not be empty"};
  if (password.size() > max_password_bytes)
    throw error{ec::invalid_argument,
                "the password must not be longer than " + std::to_string(max_password_bytes) + " bytes"};
  use_sodium();
  hash_text text{};
  if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(), passes, memory,
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
    throw error{ec::unavailable, "there is not enough memory to hash a password now; try again"};
  return text.data();
}

bool verify_password(std::string_view hash, std::string_view password) noexcept {
  try {
    use_sodium();
    const auto text = as_hash_text(hash);
    const bool usable = password.size() <= max_password_bytes;
    if (!text || !usable) return spend_the_time(password.substr(0, max_password_bytes)), false;
    return crypto_pwhash_str_verify(text->data(), password.data(), password.size()) == 0;
  } catch (const error&) {
    return false;
  }
}

bool wants_rehash(std::string_view hash) noexcept {
  hash_text text{};
  if (hash.size() >= text.size()) return true;
  hash.copy(text.data(), hash.size());
  return crypto_pwhash_str_needs_rehash(text.data(), passes, memory) != 0;
}

}  // namespace streamspace
