#include <memory>
#include <string>
#include <unistd.h>

#include <spdlog/details/os.h>
#include <spdlog/pattern_formatter.h>

#include <streamspace/actors/async_log.hpp>
#include <streamspace/actors/log_output.hpp>
#include <streamspace/actors/rotating_file.hpp>
#include <streamspace/messages/log_text.hpp>

namespace streamspace {

namespace {

struct async_sink {
  void operator()(log_record record) const { log->push(std::move(record)); }

  std::shared_ptr<async_log> log;
};

log_sink written_by(async_log::writer write) {
  return async_sink{std::make_shared<async_log>(std::move(write))};
}

spdlog::level::level_enum spdlog_level(log_level level) {
  switch (level) {
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::info:
      return spdlog::level::info;
    case log_level::warn:
      return spdlog::level::warn;
    case log_level::error:
      return spdlog::level::err;
    case log_level::fatal:
      return spdlog::level::critical;
  }
  return spdlog::level::info;
}

std::string_view colour_of(log_level level) {
  switch (level) {
    case log_level::debug:
      return "\033[36m";
    case log_level::info:
      return "\033[32m";
    case log_level::warn:
      return "\033[33m\033[1m";
    case log_level::error:
      return "\033[31m\033[1m";
    case log_level::fatal:
      return "\033[1m\033[41m";
  }
  return {};
}

/// Without the quotes around it.
std::string bare_text(const std::string& text) {
  const auto quoted = log_text(text);
  return quoted.substr(1, quoted.size() - 2);
}

class text_writer {
 public:
  explicit text_writer(bool coloured) : coloured_{coloured} {}

  std::string line_of(const log_record& record) {
    auto text = bare_text(record.plugin) + ": " + bare_text(record.message);
    if (!record.data.is_null() && !record.data.empty()) text += " " + log_text(record.data);
    const auto at = std::chrono::time_point_cast<spdlog::log_clock::duration>(record.time);
    spdlog::details::log_msg message{at, {}, "", spdlog_level(record.level), text};
    spdlog::memory_buf_t formatted;
    formatter_.format(message, formatted);
    std::string line{formatted.data(), formatted.size()};
    if (!coloured_) return line;
    constexpr std::string_view plain = "\033[m";
    line.insert(message.color_range_end, plain);
    line.insert(message.color_range_start, colour_of(record.level));
    return line;
  }

 private:
  bool coloured_;
  spdlog::pattern_formatter formatter_{"%H:%M:%S %^%-8l%$ %v"};
};

}  // namespace

// Written without the C library's streams: one that is stuck would hold up exit(), and everybody else who uses it.

log_sink json_log_to_stdout() {
  return written_by(
      [](const log_record& record) { write_whole(STDOUT_FILENO, to_json_line(record) + "\n", "standard output"); });
}

log_sink text_log_to_stderr() {
  const bool coloured = spdlog::details::os::in_terminal(stderr) && spdlog::details::os::is_color_terminal();
  return written_by([writer = std::make_shared<text_writer>(coloured)](const log_record& record) {
    write_whole(STDERR_FILENO, writer->line_of(record), "standard error");
  });
}

log_sink json_log_to_files(const std::filesystem::path& path, std::uint64_t max_bytes, unsigned files) {
  return written_by([file = std::make_shared<rotating_file>(path, max_bytes, files)](const log_record& record) {
    file->append(to_json_line(record) + "\n");
  });
}

std::uint64_t lost_log_lines(const log_sink& sink) noexcept {
  const auto* ours = sink.target<async_sink>();
  return ours ? ours->log->lost() : 0;
}

bool flush_log(const log_sink& sink, std::chrono::milliseconds deadline) {
  const auto* ours = sink.target<async_sink>();
  return !ours || ours->log->flush(deadline);
}

}  // namespace streamspace
