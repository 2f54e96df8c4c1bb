#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>

#include <streamspace/actors/deadline_timer.hpp>
#include <streamspace/actors/plugin_cell.hpp>
#include <streamspace/plugins/sdk/service_port.hpp>

namespace streamspace {

/// The plugins that are loaded, as far as their services are concerned. A call goes into the provider's inbox as a
/// request; whoever waits for it takes the provider's turn itself when that is idle and known to be fast, as with a
/// synchronous emit. Thread-safe.
class plugin_peers final : public service_port {
 public:
  explicit plugin_peers(std::shared_ptr<deadline_timer> timer) : timer_{std::move(timer)} {}

  /// From now on the plugin of this name, until it is destroyed or there is another one.
  void add(const std::shared_ptr<plugin_cell>& plugin);

  result<void> call(service_request what, std::chrono::milliseconds deadline) override;
  void call_then(service_request what, std::chrono::milliseconds deadline,
                 std::function<void(result<void>)> done) override;

 private:
  std::shared_ptr<plugin_cell> find(const std::string& plugin) const;

  const std::shared_ptr<deadline_timer> timer_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::weak_ptr<plugin_cell>> plugins_;
};

}  // namespace streamspace
