#pragma once

#include <map>
#include <mutex>
#include <string>

#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

/// A plugin's storage for as long as the process lives, for a runtime without a database.
class memory_storage final : public storage_port {
 public:
  std::optional<json> get(const std::string& key) override;
  void set(const std::string& key, const json& value) override;
  bool remove(const std::string& key) override;
  std::vector<std::string> keys(const std::string& prefix) override;
  std::size_t clear() override;
  double increment(const std::string& key, double by) override;

 private:
  std::mutex mutex_;
  std::map<std::string, json> values_;
};

}  // namespace streamspace
