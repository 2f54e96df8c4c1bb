#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <sys/file.h>
#include <sys/stat.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/data_folder.hpp>

namespace streamspace {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void unusable(const fs::path& folder, const std::string& what, int cause) {
  throw error{ec::io_error,
              "the data folder '" + folder.string() + "' cannot be used: " + what + ": " + std::strerror(cause),
              {{"folder", folder.string()}, {"reason", std::strerror(cause)}}};
}

/// Makes the missing folders one by one; those made are for their owner alone.
void make_folders(const fs::path& folder) {
  std::error_code fault;
  if (fs::is_directory(folder, fault)) return;
  if (folder.has_parent_path() && folder.parent_path() != folder) make_folders(folder.parent_path());
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) unusable(folder, "it cannot be made", errno);
  if (!fs::is_directory(folder, fault)) unusable(folder, "it is in the way", ENOTDIR);
}

std::string holder_of(int lock) {
  char text[32] = {};
  const auto length = ::pread(lock, text, sizeof text - 1, 0);
  std::string pid{text, length > 0 ? static_cast<std::size_t>(length) : 0};
  pid.resize(std::min(pid.size(), pid.find_first_not_of("0123456789")));
  return pid;
}

bool write_pid(int lock) {
  const auto pid = std::to_string(::getpid()) + "\n";
  return ::ftruncate(lock, 0) == 0 && ::pwrite(lock, pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size());
}

/// Whether the open file is still the one of that name: its last holder removes it.
bool is_still(int open_file, const fs::path& name) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(open_file, &opened) == 0 && ::stat(name.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

fs::path lock_file(const fs::path& folder) {
  return folder / "streamspace.lock";
}

}  // namespace

data_folder::data_folder(const fs::path& where) : path_{fs::absolute(where).lexically_normal()} {
  if (!path_.has_filename()) path_ = path_.parent_path();
  make_folders(path_);
  while (!take(lock_file(path_))) {
  }
  if (!write_pid(lock_)) {
    const auto cause = errno;
    ::unlink(lock_file(path_).c_str());
    ::close(lock_);
    unusable(path_, "its lock file cannot be written", cause);
  }
}

/// False when the file that was locked had just been removed by its last holder.
bool data_folder::take(const fs::path& file) {
  lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) unusable(path_, "its lock file cannot be opened", errno);
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    const auto cause = errno;
    const auto holder = holder_of(lock_);
    ::close(lock_);
    if (cause != EWOULDBLOCK) unusable(path_, "its lock file cannot be locked", cause);
    throw error{ec::data_folder_in_use,
                "the data folder '" + path_.string() + "' is in use by process " +
                    (holder.empty() ? "(unknown)" : holder) + "; stop that one or choose another folder",
                {{"folder", path_.string()}, {"pid", holder}}};
  }
  if (is_still(lock_, file)) return true;
  ::close(lock_);
  return false;
}

data_folder::~data_folder() {
  if (lock_ < 0) return;
  ::unlink(lock_file(path_).c_str());
  ::close(lock_);
}

data_folder::data_folder(data_folder&& other) noexcept
    : path_{std::move(other.path_)}, lock_{std::exchange(other.lock_, -1)} {}

data_folder& data_folder::operator=(data_folder&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  return *this;
}

}  // namespace streamspace
