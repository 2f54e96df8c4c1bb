#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

/// What a plugin does with the reports that it waits for (plugin_events::emit_then). It stays with the plugin, as it
/// may refer to anything there: whoever brings a report may come when the plugin is gone. Thread-safe.
class awaited_reports : public std::enable_shared_from_this<awaited_reports> {
 public:
  using callback = std::function<void(sync_report)>;

  /// For each plugin, also those that wait for the plugin's turn.
  static constexpr std::size_t most = 65'536;

  explicit awaited_reports(std::shared_ptr<turn_port> turns) : turns_{std::move(turns)} {}

  /// What is to be given the report, on any thread: it has `done` called in the plugin's turn. Error unavailable when
  /// too many are awaited.
  callback expect(callback done);
  /// Gives up all that is awaited; nothing of it is called any more. In turn.
  void give_up();

 private:
  void bring(std::uint64_t number, sync_report report);
  callback take(std::uint64_t number);

  const std::shared_ptr<turn_port> turns_;
  std::mutex mutex_;
  std::map<std::uint64_t, callback> awaited_;
  std::uint64_t next_ = 0;
};

}  // namespace streamspace
