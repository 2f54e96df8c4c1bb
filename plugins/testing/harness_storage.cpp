#include <cmath>
#include <cstdint>
#include <utility>

#include <streamspace/plugins/testing/harness_storage.hpp>

namespace streamspace::testing {

namespace {

std::int64_t milliseconds_at(timestamp moment) {
  return std::chrono::floor<std::chrono::milliseconds>(moment).time_since_epoch().count();
}

/// Whole numbers stay whole as long as they fit.
json sum(const json& present, double by) {
  const bool whole = present.is_number_integer() &&
                     (!present.is_number_unsigned() || std::in_range<std::int64_t>(present.get<std::uint64_t>()));
  std::int64_t added = 0;
  if (whole && std::trunc(by) == by && std::abs(by) <= 0x1p62 &&
      !__builtin_add_overflow(present.get<std::int64_t>(), static_cast<std::int64_t>(by), &added))
    return added;
  return present.get<double>() + by;
}

}  // namespace

stored_state harness_storage::entry::state() const {
  stored_state its{std::to_string(version), std::nullopt};
  if (expires) its.expires_ms = milliseconds_at(*expires);
  return its;
}

harness_storage::entries::iterator harness_storage::find(const std::string& key) {
  const auto it = values_.find(key);
  if (it == values_.end() || !it->second.expires || *it->second.expires > now_()) return it;
  erase(it);
  return values_.end();
}

harness_storage::entries::iterator harness_storage::erase(entries::iterator which) {
  tell_of(which->first);
  return values_.erase(which);
}

void harness_storage::put(const std::string& key, json value, std::optional<timestamp> expires) {
  values_[key] = {std::move(value), expires, ++writes_};
  tell_of(key);
}

void harness_storage::sweep() {
  const auto now = now_();
  for (auto it = values_.begin(); it != values_.end();)
    it = it->second.expires && *it->second.expires <= now ? erase(it) : std::next(it);
}

void harness_storage::tell_of(const std::string& key) const {
  if (const auto who = observer_.lock()) who->changed(key);
}

void harness_storage::forget_expired() {
  std::lock_guard lock{mutex_};
  sweep();
}

std::optional<json> harness_storage::get(const std::string& key) {
  std::lock_guard lock{mutex_};
  const auto it = find(key);
  if (it == values_.end()) return std::nullopt;
  return it->second.value;
}

std::map<std::string, json> harness_storage::get_many(const std::vector<std::string>& keys) {
  std::map<std::string, json> found;
  for (const auto& key : keys)
    if (auto value = get(key)) found.emplace(key, std::move(*value));
  return found;
}

void harness_storage::set(const std::string& key, const json& value, std::optional<std::chrono::milliseconds> ttl) {
  set_many({{key, value}}, ttl);
}

void harness_storage::set_many(const std::map<std::string, json>& values,
                               std::optional<std::chrono::milliseconds> ttl) {
  std::lock_guard lock{mutex_};
  const auto expires = ttl ? std::optional{now_() + *ttl} : std::nullopt;
  for (const auto& [key, value] : values) put(key, value, expires);
}

bool harness_storage::compare_and_set(const std::string& key, const std::optional<json>& expected,
                                      const std::optional<json>& desired) {
  std::lock_guard lock{mutex_};
  const auto it = find(key);
  if ((it != values_.end()) != expected.has_value() || (expected && it->second.value != *expected)) return false;
  if (desired)
    put(key, *desired, std::nullopt);
  else if (expected)
    erase(it);
  return true;
}

bool harness_storage::remove(const std::string& key) {
  std::lock_guard lock{mutex_};
  const auto it = find(key);
  if (it == values_.end()) return false;
  erase(it);
  return true;
}

std::vector<std::string> harness_storage::keys(const std::string& prefix, const std::string& after, std::size_t limit) {
  std::lock_guard lock{mutex_};
  sweep();
  std::vector<std::string> found;
  for (auto it = after < prefix ? values_.lower_bound(prefix) : values_.upper_bound(after);
       it != values_.end() && it->first.starts_with(prefix) && found.size() < limit; ++it)
    found.push_back(it->first);
  return found;
}

std::size_t harness_storage::clear() {
  std::lock_guard lock{mutex_};
  const auto count = values_.size();
  for (auto it = values_.begin(); it != values_.end();) it = erase(it);
  return count;
}

double harness_storage::increment(const std::string& key, double by) {
  if (!std::isfinite(by))
    throw error{ec::invalid_argument, "storage key '" + key + "' cannot be changed by a number that is not finite"};
  std::lock_guard lock{mutex_};
  const auto it = find(key);
  const json present = it == values_.end() ? json(0) : it->second.value;
  if (!present.is_number()) throw error{ec::invalid_argument, "the value of storage key '" + key + "' is not a number"};
  auto added = sum(present, by);
  const auto result = added.get<double>();
  put(key, std::move(added), it == values_.end() ? std::nullopt : it->second.expires);
  return result;
}

stored_look harness_storage::look_at(const std::vector<std::string>& keys) {
  std::lock_guard lock{mutex_};
  stored_look look;
  look.now_ms = milliseconds_at(now_());
  for (const auto& key : keys)
    if (const auto it = find(key); it != values_.end())
      look.found.emplace(key, stored_look::item{it->second.state(), it->second.value});
  return look;
}

std::map<std::string, stored_state> harness_storage::states(const std::string& prefix) {
  std::lock_guard lock{mutex_};
  sweep();
  std::map<std::string, stored_state> all;
  for (auto it = values_.lower_bound(prefix); it != values_.end() && it->first.starts_with(prefix); ++it) {
    if (all.size() == most_watched) refuse_to_look(prefix);
    all.emplace(it->first, it->second.state());
  }
  return all;
}

void harness_storage::observe(std::weak_ptr<storage_observer> who) {
  std::lock_guard lock{mutex_};
  observer_ = std::move(who);
}

}  // namespace streamspace::testing
