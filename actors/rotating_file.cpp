#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <unistd.h>

#include <sys/stat.h>

#include <streamspace/actors/rotating_file.hpp>
#include <streamspace/messages/error.hpp>

namespace streamspace {

namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw error{ec::io_error, what + ": " + std::strerror(errno)};
}

int opened(const std::filesystem::path& path, int how) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | how, 0640);
  if (descriptor < 0) refuse("the log file " + path.string() + " cannot be opened");
  return descriptor;
}

}  // namespace

void write_whole(int descriptor, std::string_view text, std::string_view what) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd room{descriptor, POLLOUT, 0};
      ::poll(&room, 1, -1);
    } else if (errno != EINTR) {
      refuse("nothing can be written to " + std::string{what});
    }
  }
}

rotating_file::rotating_file(std::filesystem::path path, std::uint64_t max_bytes, unsigned files)
    : path_{std::move(path)}, max_bytes_{max_bytes}, files_{std::max(files, 1U)}, descriptor_{opened(path_, 0)} {
  struct stat found {};
  if (::fstat(descriptor_, &found) == 0) size_ = static_cast<std::uint64_t>(found.st_size);
}

rotating_file::~rotating_file() {
  ::close(descriptor_);
}

std::filesystem::path rotating_file::numbered(unsigned number) const {
  return number == 0 ? path_ : std::filesystem::path{path_.string() + "." + std::to_string(number)};
}

void rotating_file::append(std::string_view line) {
  if (size_ > 0 && size_ + line.size() > max_bytes_) rotate();
  try {
    write_whole(descriptor_, line, path_.string());
  } catch (...) {
    static_cast<void>(::ftruncate(descriptor_, static_cast<off_t>(size_)));
    throw;
  }
  size_ += line.size();
}

void rotating_file::rotate() {
  // Opened before anything is moved: where that fails, all stays as it is.
  const std::filesystem::path next{path_.string() + ".next"};
  const int descriptor = opened(next, O_TRUNC);
  try {
    for (auto number = files_; --number > 0;)
      if (::rename(numbered(number - 1).c_str(), numbered(number).c_str()) != 0 && errno != ENOENT)
        refuse("the log file " + numbered(number - 1).string() + " cannot be set aside");
    if (::rename(next.c_str(), path_.c_str()) != 0) refuse("the log file " + path_.string() + " cannot be set aside");
  } catch (...) {
    ::close(descriptor);
    ::unlink(next.c_str());
    throw;
  }
  ::close(std::exchange(descriptor_, descriptor));
  size_ = 0;
}

}  // namespace streamspace
