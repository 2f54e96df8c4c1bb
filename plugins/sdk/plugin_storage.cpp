#include <iterator>

#include <streamspace/plugins/sdk/plugin_storage.hpp>

namespace streamspace {

namespace {

constexpr std::size_t most_at_once = 10'000;
constexpr std::chrono::milliseconds longest_ttl = std::chrono::hours{24 * 36'525};

void check_number(std::size_t keys) {
  if (keys > most_at_once)
    throw error{ec::invalid_argument, "at most " + std::to_string(most_at_once) +
                                          " storage keys can be read or set at once, not " + std::to_string(keys)};
}

void check(const std::string& key) {
  if (key.empty() || key.size() > 512)
    throw error{ec::invalid_argument,
                "a storage key must have 1 to 512 bytes; this one has " + std::to_string(key.size())};
}

void check(std::chrono::milliseconds ttl) {
  if (ttl < std::chrono::milliseconds{1} || ttl > longest_ttl)
    throw error{ec::invalid_argument, "a storage key can live for 1 ms to " + std::to_string(longest_ttl.count()) +
                                          " ms (a hundred years), not for " + std::to_string(ttl.count()) + " ms"};
}

}  // namespace

std::optional<json> plugin_storage::get(const std::string& key) const {
  check(key);
  return port_->get(key);
}

void plugin_storage::set(const std::string& key, const json& value) {
  check(key);
  port_->set(key, value, std::nullopt);
}

void plugin_storage::set(const std::string& key, const json& value, std::chrono::milliseconds ttl) {
  check(key);
  check(ttl);
  port_->set(key, value, ttl);
}

std::map<std::string, json> plugin_storage::get_many(const std::vector<std::string>& keys) const {
  check_number(keys.size());
  for (const auto& key : keys) check(key);
  return keys.empty() ? std::map<std::string, json>{} : port_->get_many(keys);
}

void plugin_storage::set_many(const std::map<std::string, json>& values) {
  set_all(values, std::nullopt);
}

void plugin_storage::set_many(const std::map<std::string, json>& values, std::chrono::milliseconds ttl) {
  set_all(values, ttl);
}

void plugin_storage::set_all(const std::map<std::string, json>& values, std::optional<std::chrono::milliseconds> ttl) {
  check_number(values.size());
  if (ttl) check(*ttl);
  for (const auto& [key, value] : values) check(key);
  if (!values.empty()) port_->set_many(values, ttl);
}

bool plugin_storage::compare_and_set(const std::string& key, const std::optional<json>& expected,
                                     const std::optional<json>& desired) {
  check(key);
  return port_->compare_and_set(key, expected, desired);
}

bool plugin_storage::remove(const std::string& key) {
  check(key);
  return port_->remove(key);
}

std::vector<std::string> plugin_storage::keys(const std::string& prefix) const {
  std::vector<std::string> all;
  std::size_t before = 0;
  do {
    before = all.size();
    auto more = port_->keys(prefix, all.empty() ? std::string{} : all.back(), most_at_once);
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  } while (all.size() - before == most_at_once);
  return all;
}

std::vector<std::string> plugin_storage::keys(const std::string& prefix, const std::string& after,
                                              std::size_t limit) const {
  if (limit == 0 || limit > most_at_once)
    throw error{ec::invalid_argument, "a page of storage keys has 1 to " + std::to_string(most_at_once) +
                                          " keys, not " + std::to_string(limit)};
  return port_->keys(prefix, after, limit);
}

std::size_t plugin_storage::clear() {
  return port_->clear();
}

double plugin_storage::increment(const std::string& key, double by) {
  check(key);
  return port_->increment(key, by);
}

}  // namespace streamspace
