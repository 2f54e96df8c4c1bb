#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

/// What a plugin does with the reports that it waits for (plugin_events::emit_then, plugin_database::query_then). It
/// stays with the plugin, as it may refer to anything there: whoever brings a report may come when the plugin is gone.
/// Thread-safe.
class awaited_reports : public std::enable_shared_from_this<awaited_reports> {
 public:
  template <class Report>
  using callback = std::function<void(Report)>;

  /// For each plugin, of all kinds together, also those that wait for the plugin's turn.
  static constexpr std::size_t most = 65'536;

  explicit awaited_reports(std::shared_ptr<turn_port> turns) : turns_{std::move(turns)} {}

  /// What is to be given the report, on any thread: it has `done` called in the plugin's turn, never within the call.
  /// Error unavailable when too many are awaited.
  template <class Report>
  callback<Report> expect(callback<Report> done) {
    const auto number = keep(std::make_unique<waiting_for<Report>>(std::move(done)));
    return [me = weak_from_this(), number](Report report) {
      const auto here = me.lock();
      if (!here) return;
      here->turns_->post([me, number, report = std::move(report)]() mutable {
        const auto still_here = me.lock();
        if (const auto found = still_here ? still_here->take(number) : nullptr)
          static_cast<waiting_for<Report>&>(*found).done(std::move(report));
      });
    };
  }
  /// Gives up all that is awaited; nothing of it is called any more. In turn.
  void give_up();

 private:
  struct waiting {
    virtual ~waiting() = default;
  };
  template <class Report>
  struct waiting_for final : waiting {
    explicit waiting_for(callback<Report> what) : done{std::move(what)} {}
    const callback<Report> done;
  };

  std::uint64_t keep(std::unique_ptr<waiting> one);
  std::unique_ptr<waiting> take(std::uint64_t number);

  const std::shared_ptr<turn_port> turns_;
  std::mutex mutex_;
  std::map<std::uint64_t, std::unique_ptr<waiting>> awaited_;
  std::uint64_t next_ = 0;
};

}  // namespace streamspace
