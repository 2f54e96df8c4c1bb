#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace streamspace {

/// 256 bits that nobody else knows, from which other secrets follow. Thread-safe.
class secret_key {
 public:
  static constexpr std::size_t size = 32;

  /// A new one.
  static secret_key random();
  /// From at least 32 bytes that are as good as random. Error invalid_argument for fewer.
  explicit secret_key(std::string_view bytes);
  ~secret_key();
  secret_key(const secret_key&) = default;
  secret_key& operator=(const secret_key&) = default;

  /// Always the same for one purpose, and tells nothing of the key or of what follows for another purpose: 64
  /// hexadecimal digits (BLAKE2b, keyed).
  std::string derive(std::string_view purpose) const;

  /// The text as nobody can read or change it without this key, in letters, digits, - and _; another form each time
  /// (XSalsa20 and Poly1305). What was sealed for one purpose is not opened for another.
  std::string seal(std::string_view purpose, std::string_view text) const;
  /// Nothing when it was not sealed with this key for this purpose, or was changed since.
  std::optional<std::string> open(std::string_view purpose, std::string_view sealed) const;

 private:
  secret_key() = default;

  std::array<std::uint8_t, size> bytes_{};
};

/// What tells a text from all others: 64 hexadecimal digits (BLAKE2b).
std::string digest_of(std::string_view text);

}  // namespace streamspace
