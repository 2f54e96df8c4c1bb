#include <algorithm>
#include <array>
#include <charconv>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

#include <streamspace/actors/thread_state.hpp>

namespace streamspace {

pid_t this_thread() noexcept {
  return ::gettid();
}

bool is_runnable(pid_t thread) noexcept {
  constexpr std::string_view before = "/proc/self/task/";
  constexpr std::string_view after = "/stat";
  std::array<char, 64> path{};
  auto* end = std::copy(before.begin(), before.end(), path.data());
  end = std::to_chars(end, path.data() + path.size(), thread).ptr;
  std::copy(after.begin(), after.end(), end);
  const int file = ::open(path.data(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  std::array<char, 128> text{};
  const auto got = ::read(file, text.data(), text.size());
  ::close(file);
  // "1234 (name) R ...": the name may hold anything, but not past 15 bytes.
  const std::string_view line{text.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  const auto name_end = line.rfind(") ");
  return name_end != std::string_view::npos && name_end + 2 < line.size() && line[name_end + 2] == 'R';
}

}  // namespace streamspace
