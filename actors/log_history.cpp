#include <algorithm>
#include <utility>
#include <vector>

#include <streamspace/actors/log_history.hpp>
#include <streamspace/messages/footprint.hpp>

namespace streamspace {

namespace {

std::size_t bytes_of(const log_record& line) {
  return sizeof(log_record) + line.plugin.size() + line.message.size() + approximate_bytes(line.data);
}

}  // namespace

log_history::kept_line log_history::fitting(log_record line) const {
  auto bytes = bytes_of(line);
  if (bytes > most_.bytes) {
    line.data = nullptr;
    line.message.resize(std::min(line.message.size(), most_.bytes / 2));
    line.message.shrink_to_fit();
    line.message += "... (cut)";
    bytes = bytes_of(line);
  }
  return {std::move(line), bytes};
}

void log_history::add(const std::string& plugin, log_record line) {
  auto kept = fitting(std::move(line));
  std::deque<kept_line> gone;  // Destroyed without the lock: others log meanwhile.
  kept_log gone_log;
  std::lock_guard lock{mutex_};
  auto found = plugins_.find(plugin);
  if (found == plugins_.end()) {
    if (plugins_.size() >= most_.plugins) {
      const auto oldest = std::min_element(plugins_.begin(), plugins_.end(), [](const auto& a, const auto& b) {
        return a.second.written < b.second.written;
      });
      gone_log = std::move(oldest->second);
      plugins_.erase(oldest);
    }
    found = plugins_.try_emplace(plugin).first;
  }
  auto& log = found->second;
  log.written = ++added_;
  log.bytes += kept.bytes;
  log.lines.push_back(std::move(kept));
  while (log.lines.size() > most_.lines || (log.bytes > most_.bytes && log.lines.size() > 1)) {
    log.bytes -= log.lines.front().bytes;
    gone.push_back(std::move(log.lines.front()));
    log.lines.pop_front();
  }
}

log_page log_history::recent(const std::string& plugin, std::size_t limit, log_level least) const {
  log_page page;
  std::lock_guard lock{mutex_};
  const auto found = plugins_.find(plugin);
  if (found == plugins_.end()) return page;
  const auto& lines = found->second.lines;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (line->what.level < least) continue;
    ++page.total;
    if (page.lines.size() < limit) page.lines.push_back(line->what);
  }
  std::reverse(page.lines.begin(), page.lines.end());
  return page;
}

}  // namespace streamspace
