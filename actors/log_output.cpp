#include <memory>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <streamspace/actors/log_output.hpp>

namespace streamspace {

namespace {

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

/// A logger that passes on everything: which lines are kept was decided before.
std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink, const char* pattern) {
  auto logger = std::make_shared<spdlog::logger>("streamspace", std::move(sink));
  logger->set_level(spdlog::level::trace);
  logger->set_pattern(pattern);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

}  // namespace

log_sink json_log_to_stdout() {
  const auto logger = make_logger(std::make_shared<spdlog::sinks::stdout_sink_mt>(), "%v");
  return [logger](const log_record& record) {
    logger->log(spdlog_level(record.level), spdlog::string_view_t{to_json_line(record)});
  };
}

log_sink text_log_to_stderr() {
  const auto logger = make_logger(std::make_shared<spdlog::sinks::stderr_color_sink_mt>(), "%H:%M:%S %^%-8l%$ %v");
  return [logger](const log_record& record) {
    // Quoted, so that no control byte of a message reaches the terminal.
    auto text = json(record.message).dump(-1, ' ', false, json::error_handler_t::replace);
    text = record.plugin + ": " + text.substr(1, text.size() - 2);
    if (!record.data.is_null() && !record.data.empty())
      text += " " + record.data.dump(-1, ' ', false, json::error_handler_t::replace);
    logger->log(spdlog_level(record.level), spdlog::string_view_t{text});
  };
}

}  // namespace streamspace
