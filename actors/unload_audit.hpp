#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <streamspace/actors/deadline_timer.hpp>
#include <streamspace/messages/log_record.hpp>
#include <streamspace/messages/plugin_remains.hpp>

namespace streamspace {

/// Looks at what plugins leave behind when they are unloaded, a second later, and writes it into the log if there is
/// anything. Thread-safe.
class unload_audit final : public std::enable_shared_from_this<unload_audit> {
 public:
  /// Adds what there is of a plugin now; any thread, must not block.
  using look = std::function<void(plugin_remains&)>;

  unload_audit(look at_what_is_shared, std::shared_ptr<deadline_timer> timer, log_sink log)
      : look_{std::move(at_what_is_shared)}, timer_{std::move(timer)}, log_{std::move(log)} {}

  /// What a plugin that is loaded now has to itself, and nobody else should have when it is gone.
  void loaded(const std::string& plugin, std::weak_ptr<const void> inbox, std::weak_ptr<const void> database);
  void unloaded(const std::string& plugin);
  /// Nothing is written any more: everything ends.
  void close();

  /// Of the plugins that were unloaded and are not loaded again, those of which there is something.
  std::vector<plugin_remains> remains() const;

 private:
  struct watched {
    std::weak_ptr<const void> inbox;
    std::weak_ptr<const void> database;
    bool unloaded = false;
  };

  plugin_remains look_at(const std::string& plugin, const watched& its) const;
  void report(const std::string& plugin) const;

  const look look_;
  const std::shared_ptr<deadline_timer> timer_;
  const log_sink log_;
  mutable std::mutex mutex_;
  std::map<std::string, watched> plugins_;
  bool closed_ = false;
};

}  // namespace streamspace
