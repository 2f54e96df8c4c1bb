#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sodium.h>
#include <unistd.h>
#include <utility>

#include <sys/stat.h>

#include <streamspace/http/signing_key.hpp>
#include <streamspace/http/sodium.hpp>
#include <streamspace/messages/error.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {

namespace {

constexpr std::size_t random_bytes = 32;
constexpr std::size_t max_file_bytes = 4096;

class descriptor {
 public:
  explicit descriptor(int fd) : fd_{fd} {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

void wipe(std::string& text) {
  sodium_memzero(text.data(), text.size());
  text.clear();
}

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& file) {
  throw error{ec::io_error, "the key file " + file.string() + " " + what + ": " + std::strerror(errno)};
}

/// Nothing when there is no such file.
std::optional<std::string> read_private_file(const std::filesystem::path& file) {
  const descriptor fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (fd.get() < 0 && errno == ENOENT) return std::nullopt;
  if (fd.get() < 0) fail("cannot be opened", file);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) fail("cannot be looked at", file);
  if (!S_ISREG(info.st_mode))
    throw error{ec::invalid_argument, "the key file " + file.string() + " is not a regular file"};
  if (info.st_uid != ::geteuid() && info.st_uid != 0)
    throw error{ec::invalid_argument,
                "the key file " + file.string() + " belongs to another user; make it your own with chown"};
  if ((info.st_mode & 077) != 0)
    throw error{ec::invalid_argument,
                "the key file " + file.string() + " is open to other users; close it with: chmod 600 " + file.string()};
  std::string text(max_file_bytes, '\0');
  const auto length = ::read(fd.get(), text.data(), text.size());
  if (length < 0) fail("cannot be read", file);
  text.resize(static_cast<std::size_t>(length));
  return text;
}

signing_key parse_key(std::string text, const std::filesystem::path& file, std::string_view cost_of_a_new_one) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  std::string bytes(text.size() / 2, '\0');
  std::size_t length = 0;
  const bool is_hex = sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                                     text.size(), nullptr, &length, nullptr) == 0 &&
                      length * 2 == text.size();
  wipe(text);
  if (!is_hex || length < signing_key::min_bytes) {
    wipe(bytes);
    throw error{ec::invalid_argument,
                "the key file " + file.string() +
                    " does not hold at least 64 hexadecimal digits; remove it to have a new key made (which " +
                    std::string{cost_of_a_new_one} + ")"};
  }
  return signing_key{std::move(bytes)};
}

/// Writes the key beside `file` and links it into place: the file appears whole or not at all, and never replaces
/// another.
void create(const std::filesystem::path& file) {
  auto key = signing_key::random();
  std::string hex(random_bytes * 2 + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), reinterpret_cast<const unsigned char*>(key.bytes().data()),
                 key.bytes().size());
  hex.back() = '\n';

  const std::filesystem::path draft = file.string() + "." + new_id();
  {
    const descriptor fd{::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (fd.get() < 0) fail("cannot be made", file);
    const auto written = ::write(fd.get(), hex.data(), hex.size());
    if (written != static_cast<ssize_t>(hex.size()) || ::fsync(fd.get()) != 0) {
      const int cause = written < 0 || written == static_cast<ssize_t>(hex.size()) ? errno : ENOSPC;
      ::unlink(draft.c_str());
      errno = cause;
      fail("cannot be written", file);
    }
  }
  wipe(hex);
  const bool linked = ::link(draft.c_str(), file.c_str()) == 0;
  const int cause = errno;
  ::unlink(draft.c_str());
  errno = cause;
  if (!linked && cause != EEXIST) fail("cannot be made", file);
}

}  // namespace

signing_key::signing_key(std::string bytes) : bytes_{std::move(bytes)} {
  if (bytes_.size() < min_bytes) {
    wipe(bytes_);
    throw error{ec::invalid_argument, "the signing key must have at least 32 bytes"};
  }
}

// The bytes are too many for the string's own buffer, so a move leaves none behind.
signing_key::signing_key(signing_key&& other) noexcept : bytes_{std::move(other.bytes_)} {}

signing_key& signing_key::operator=(signing_key&& other) noexcept {
  bytes_.swap(other.bytes_);
  return *this;
}

signing_key::~signing_key() {
  wipe(bytes_);
}

signing_key signing_key::random() {
  use_sodium();
  std::string bytes(random_bytes, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return signing_key{std::move(bytes)};
}

signing_key signing_key::load_or_create(const std::filesystem::path& file, std::string_view cost_of_a_new_one) {
  use_sodium();
  if (auto text = read_private_file(file)) return parse_key(std::move(*text), file, cost_of_a_new_one);
  create(file);
  if (auto text = read_private_file(file)) return parse_key(std::move(*text), file, cost_of_a_new_one);
  throw error{ec::io_error, "the key file " + file.string() + " was removed while it was being made"};
}

}  // namespace streamspace
