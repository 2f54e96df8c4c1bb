#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <streamspace/plugins/plugin_instance.hpp>
#include <streamspace/plugins/testing/harness_bus.hpp>

namespace streamspace::testing {

/// The services that the plugin of a harness finds: those of other plugins that the test provides.
class provided_services final : public service_port {
 public:
  explicit provided_services(std::vector<provided_service> all) : all_{std::move(all)} {}

  result<void> call(service_request what, std::chrono::milliseconds deadline) override;
  void call_then(service_request what, std::chrono::milliseconds deadline,
                 std::function<void(result<void>)> done) override {
    done(call(std::move(what), deadline));
  }

 private:
  const std::vector<provided_service> all_;
};

/// The services that the plugin of a harness offers, as others find them.
class offered_services final : public service_port {
 public:
  /// Both outlive it, and are for the thread of the harness.
  offered_services(harness_bus& bus, std::unique_ptr<plugin_instance>& instance) : bus_{bus}, instance_{instance} {}

  result<void> call(service_request what, std::chrono::milliseconds deadline) override;
  void call_then(service_request what, std::chrono::milliseconds deadline,
                 std::function<void(result<void>)> done) override {
    done(call(std::move(what), deadline));
  }

 private:
  harness_bus& bus_;
  std::unique_ptr<plugin_instance>& instance_;
};

}  // namespace streamspace::testing
