#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <vector>

#include <openssl/evp.h>
#include <sys/stat.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/plugins/code/private_copy.hpp>
#include <streamspace/plugins/files/descriptor.hpp>

namespace streamspace {

namespace {

/// Larger than any plugin; what is larger is no plugin but a mistake.
constexpr off_t largest = off_t{1} << 30U;

[[noreturn]] void fail(const std::string& what) {
  throw error{ec::io_error, what + ": " + std::strerror(errno)};
}

class sha256 {
 public:
  sha256() {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
      throw error{ec::internal, "SHA-256 is not to be had from the cryptographic library"};
  }
  void add(const void* data, std::size_t size) { EVP_DigestUpdate(context_.get(), data, size); }
  std::string digits() {
    std::array<unsigned char, 32> sum{};
    EVP_DigestFinal_ex(context_.get(), sum.data(), nullptr);
    std::string text;
    for (const auto byte : sum) {
      text += "0123456789abcdef"[byte >> 4U];
      text += "0123456789abcdef"[byte & 15U];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

void demand_trusted(const struct stat& about) {
  if (!S_ISREG(about.st_mode)) throw error{ec::plugin_incompatible, "it is no regular file"};
  if (about.st_uid != 0 && about.st_uid != ::geteuid())
    throw error{ec::plugin_incompatible,
                "it belongs to another user, who could change what runs here; chown it to this server's user"};
  if ((about.st_mode & S_IWOTH) != 0) throw error{ec::plugin_incompatible, "everybody may change it; chmod o-w it"};
}

void write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const auto written = ::write(fd, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("a private copy of it cannot be written");
    data += written;
    size -= static_cast<std::size_t>(written);
  }
}

std::string copy(int from, int to) {
  sha256 sum;
  std::vector<char> buffer(256 * 1024);
  off_t copied = 0;
  for (;;) {
    const auto got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("it cannot be read");
    if (got == 0) return sum.digits();
    if ((copied += got) > largest) throw error{ec::plugin_incompatible, "it is larger than 1 GiB"};
    sum.add(buffer.data(), static_cast<std::size_t>(got));
    write_all(to, buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

std::string copy_privately(const std::filesystem::path& file, const std::filesystem::path& to) {
  // Without O_NONBLOCK a pipe would be waited for.
  const descriptor from{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat about {};
  if (from.get() < 0 || ::fstat(from.get(), &about) != 0) fail("it cannot be read");
  demand_trusted(about);
  const descriptor into{::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IXUSR)};
  if (into.get() < 0) fail("a private copy of it cannot be made as " + to.string());
  try {
    return copy(from.get(), into.get());
  } catch (...) {
    ::unlink(to.c_str());
    throw;
  }
}

}  // namespace streamspace
