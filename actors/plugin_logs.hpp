#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <streamspace/actors/log_history.hpp>
#include <streamspace/messages/log_page.hpp>
#include <streamspace/messages/log_redaction.hpp>
#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

/// The way of every line that plugins log and that the runtime logs about them: secrets are taken out, it is kept for a
/// while, and goes on to the output. Thread-safe; the sinks keep it alive.
class plugin_logs : public std::enable_shared_from_this<plugin_logs> {
 public:
  /// `least` is the level from which on lines are kept: of a plugin unless threshold_of() says otherwise, and of the
  /// runtime.
  plugin_logs(log_sink output, log_level least) : output_{std::move(output)}, least_{least} {}

  /// For what a plugin logs; its level was looked at before.
  log_sink sink_of(const std::string& plugin);
  /// For what the runtime logs. A line is about the plugin whose name it bears or its data has as `plugin`.
  log_sink runtime_sink();

  /// From which level on a plugin's log is kept; the same one for as long as this lives.
  std::shared_ptr<log_threshold> threshold_of(const std::string& plugin);
  log_level level_of(const std::string& plugin) const;

  /// Has the secrets of a configuration of a plugin taken out from now on. Those that were given before still are, as
  /// an instance may still run with them: the last 256 besides these.
  void hide_secrets(const std::string& plugin, const json& config, const json& schema);

  log_page recent(const std::string& plugin, std::size_t limit, log_level least) const {
    return history_.recent(plugin, limit, least);
  }

 private:
  struct hidden {
    std::vector<std::string> secrets;  ///< The last given first.
    std::shared_ptr<const log_redaction> redaction;
  };

  void redact(const std::string& plugin, log_record& line) const;
  void pass_on(const std::string& about, log_record line);

  log_sink output_;
  log_level least_;
  log_history history_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<log_threshold>> thresholds_;
  std::map<std::string, hidden> hidden_;
};

}  // namespace streamspace
