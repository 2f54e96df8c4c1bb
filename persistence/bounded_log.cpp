#include <algorithm>
#include <array>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <sys/stat.h>

#include <streamspace/persistence/bounded_log.hpp>

namespace streamspace {

namespace {

constexpr std::size_t tail_bytes = 8192;

}  // namespace

bounded_log::bounded_log(std::filesystem::path file, std::size_t max_bytes)
    : file_{std::move(file)}, max_bytes_{max_bytes} {
  reopen();
}

bounded_log::~bounded_log() {
  if (fd_ >= 0) ::close(fd_);
}

void bounded_log::reopen() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  struct stat facts {};
  size_ = fd_ >= 0 && ::fstat(fd_, &facts) == 0 ? static_cast<std::size_t>(facts.st_size) : 0;
}

void bounded_log::append(std::string_view text) {
  tail_.append(text);
  if (tail_.size() > tail_bytes) tail_.erase(0, tail_.size() - tail_bytes);
  if (size_ > 0 && size_ + text.size() > max_bytes_) {
    std::error_code ignored;
    std::filesystem::rename(file_, file_.string() + ".1", ignored);
    if (ignored) std::filesystem::resize_file(file_, 0, ignored);
    reopen();
  }
  const auto part = text.substr(0, max_bytes_);
  const auto written = fd_ >= 0 ? ::write(fd_, part.data(), part.size()) : -1;
  if (written > 0) size_ += static_cast<std::size_t>(written);
}

std::string telling_line(std::string_view output) {
  constexpr std::array<std::pair<std::string_view, int>, 4> levels{
      {{"PANIC:", 3}, {"FATAL:", 3}, {"ERROR:", 2}, {"error:", 2}}};
  std::string_view best;
  int best_rank = 0;
  while (!output.empty()) {
    auto line = output.substr(0, output.find('\n'));
    output.remove_prefix(std::min(output.size(), line.size() + 1));
    int rank = 1;
    for (const auto& [level, level_rank] : levels)
      if (const auto at = line.find(level); at != std::string_view::npos) {
        rank = level_rank;
        line.remove_prefix(at + level.size());
        break;
      }
    const auto first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || rank < best_rank) continue;
    best = line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
    best_rank = rank;
  }
  return std::string{best};
}

}  // namespace streamspace
