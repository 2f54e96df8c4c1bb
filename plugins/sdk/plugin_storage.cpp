#include <streamspace/plugins/sdk/plugin_storage.hpp>

namespace streamspace {

namespace {

void check(const std::string& key) {
  if (key.empty() || key.size() > 512)
    throw error{ec::invalid_argument,
                "a storage key must have 1 to 512 bytes; this one has " + std::to_string(key.size())};
}

}  // namespace

std::optional<json> plugin_storage::get(const std::string& key) const {
  check(key);
  return port_->get(key);
}

void plugin_storage::set(const std::string& key, const json& value) {
  check(key);
  port_->set(key, value);
}

bool plugin_storage::remove(const std::string& key) {
  check(key);
  return port_->remove(key);
}

std::vector<std::string> plugin_storage::keys(const std::string& prefix) const {
  return port_->keys(prefix);
}

std::size_t plugin_storage::clear() {
  return port_->clear();
}

double plugin_storage::increment(const std::string& key, double by) {
  check(key);
  return port_->increment(key, by);
}

}  // namespace streamspace
