#include "program.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <set>
#include <sstream>
#include <unistd.h>

#include <sys/wait.h>

#include <streamspace/messages/error.hpp>

namespace streamspace::testing {

namespace {

using clock = std::chrono::steady_clock;

struct process_facts {
  process_id id;
  pid_t parent = 0;
};

/// What /proc/PID/stat says (proc(5)): pid (command) state parent ... and as the 22nd field the start time.
std::optional<process_facts> facts_of(const std::string& pid) {
  std::ifstream file{"/proc/" + pid + "/stat"};
  std::string text;
  if (!std::getline(file, text)) return std::nullopt;
  const auto open = text.find('(');
  const auto close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  process_facts facts;
  facts.id.pid = std::stoi(pid);
  facts.id.command = text.substr(open + 1, close - open - 1);
  std::istringstream rest{text.substr(close + 1)};
  std::string state;
  rest >> state >> facts.parent;
  std::string field;
  for (int number = 5; number <= 22; ++number) rest >> field;
  facts.id.started = field;
  // One that has ended and waits for its parent to notice does nothing any more.
  if (state == "Z") return std::nullopt;
  return facts;
}

std::vector<process_facts> all_processes() {
  std::vector<process_facts> all;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (auto facts = facts_of(name)) all.push_back(std::move(*facts));
  }
  return all;
}

}  // namespace

bool process_id::alive() const {
  const auto facts = facts_of(std::to_string(pid));
  return facts && facts->id.started == started;
}

program::program(const std::string& path, std::vector<std::string> arguments, std::vector<std::string> environment) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw error{ec::io_error, "no pipe"};
  read_end_ = ends[0];
  child_spec spec;
  spec.program = path;
  spec.arguments = std::move(arguments);
  spec.environment = std::move(environment);
  spec.output = ends[1];
  spec.death_signal = SIGTERM;
  child_ = std::make_unique<child_process>(spec);
  ::close(ends[1]);
}

program::~program() {
  ::close(read_end_);
}

bool program::read_more(clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()).count();
  pollfd waiting{read_end_, POLLIN, 0};
  if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) <= 0) return false;
  std::array<char, 4096> bytes;
  const auto count = ::read(read_end_, bytes.data(), bytes.size());
  if (count <= 0) return false;
  output_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

bool program::await_output(const std::string& text) {
  const auto until = clock::now() + std::chrono::minutes{2};
  while (output_.find(text) == std::string::npos)
    if (!read_more(until)) return false;
  return true;
}

std::optional<int> program::exit_status() {
  const auto until = clock::now() + std::chrono::minutes{2};
  while (read_more(until)) {
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
  const auto status = child_->wait(std::max(left, std::chrono::milliseconds{1}));
  if (!status || !WIFEXITED(*status)) return std::nullopt;
  return WEXITSTATUS(*status);
}

std::vector<process_id> program::descendants() const {
  const auto all = all_processes();
  std::set<pid_t> family{child_->pid()};
  std::vector<process_id> found;
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& p : all)
      if (family.contains(p.parent) && family.insert(p.id.pid).second) {
        found.push_back(p.id);
        grown = true;
      }
  }
  return found;
}

}  // namespace streamspace::testing
