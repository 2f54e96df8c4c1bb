#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace streamspace {

/// A secret that is kept in a file: what tokens are signed with, and what other secrets follow from. Its bytes are
/// wiped when it goes. Move-only.
class signing_key {
 public:
  static constexpr std::size_t min_bytes = 32;

  /// Throws error (invalid_argument) when there are fewer than 32 bytes.
  explicit signing_key(std::string bytes);
  signing_key(signing_key&& other) noexcept;
  signing_key& operator=(signing_key&& other) noexcept;
  ~signing_key();

  /// 32 random bytes.
  static signing_key random();

  /// The key in `file` (hexadecimal, at least 32 bytes); where there is no file, one is made with a random key and mode
  /// 0600. Safe when several processes do this at once: all get the same key. Blocks on the disk. Throws error:
  /// io_error when the file cannot be read or made; invalid_argument when it holds no key, belongs to another user, or
  /// others than its owner may read or write it. Of a file without a key the error says what a new one would cost.
  static signing_key load_or_create(const std::filesystem::path& file,
                                    std::string_view cost_of_a_new_one = "makes all tokens invalid");

  std::string_view bytes() const noexcept { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace streamspace
