#include <cli/demo_checks.hpp>
#include <cli/demo_log.hpp>

namespace streamspace {

log_sink demo_log::sink() {
  return [this](const log_record& record) { take(record); };
}

void demo_log::take(const log_record& record) {
  if (record.level < log_level::warn || record.plugin == demo_thrower_name) return;
  auto line = to_json_line(record);
  std::lock_guard lock{mutex_};
  lines_.push_back(std::move(line));
  if (lines_.size() > most_lines) lines_.pop_front();
}

std::vector<std::string> demo_log::lines() const {
  std::lock_guard lock{mutex_};
  return {lines_.begin(), lines_.end()};
}

}  // namespace streamspace
