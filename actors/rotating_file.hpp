#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace streamspace {

/// Writes all of it. Blocks where the descriptor does. Error io_error, naming `what` is written to.
void write_whole(int descriptor, std::string_view text, std::string_view what);

/// A file that is only appended to and is set aside when it is full: log becomes log.1, that log.2 and so on, the
/// oldest goes. For one thread.
///
/// Not spdlog's sink: in version 1.10 it uses a null stream after a rotation that failed, and half a line that a full
/// disk cut off stays in the file.
class rotating_file {
 public:
  /// Appends to what is there. At most `files` files with the one that is written, at least 1, each of at most
  /// `max_bytes` unless one line alone is longer. Readable by the owner and the group. Error io_error.
  rotating_file(std::filesystem::path path, std::uint64_t max_bytes, unsigned files);
  rotating_file(const rotating_file&) = delete;
  rotating_file& operator=(const rotating_file&) = delete;
  ~rotating_file();

  /// A line, with its line feed: all of it is in the file afterwards, or nothing. Error io_error, also where the file
  /// is full and cannot be set aside; the next line is tried anew.
  void append(std::string_view line);

 private:
  std::filesystem::path numbered(unsigned number) const;
  void rotate();

  std::filesystem::path path_;
  std::uint64_t max_bytes_;
  unsigned files_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace streamspace
