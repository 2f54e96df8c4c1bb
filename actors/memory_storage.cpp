#include <cmath>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include <streamspace/actors/memory_storage.hpp>
#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/storage_sql.hpp>

namespace streamspace {

namespace {

/// Whole numbers stay whole as long as they fit.
json sum(const json& present, double by) {
  const auto fits = [](const json& n) {
    return n.is_number_integer() && (!n.is_number_unsigned() || std::in_range<std::int64_t>(n.get<std::uint64_t>()));
  };
  std::int64_t whole = 0;
  if (fits(present) && std::trunc(by) == by && std::abs(by) <= 0x1p62 &&
      !__builtin_add_overflow(present.get<std::int64_t>(), static_cast<std::int64_t>(by), &whole))
    return whole;
  return present.get<double>() + by;
}

std::int64_t milliseconds_at(memory_storage::clock::time_point moment) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(moment.time_since_epoch()).count();
}

}  // namespace

memory_storage::memory_storage(std::string plugin, std::uint64_t quota, std::function<clock::time_point()> now)
    : now_{std::move(now)}, plugin_{std::move(plugin)} {
  if (quota == 0) return;
  account_.emplace(quota);
  account_->measured(account_->begin_measuring({}), 0, {});
}

memory_storage::entries::iterator memory_storage::find(const std::string& key) {
  const auto it = values_.find(key);
  if (it == values_.end() || !it->second.expires || *it->second.expires > now_()) return it;
  erase(it);
  return values_.end();
}

void memory_storage::erase(entries::iterator which) {
  if (account_) account_->free(which->second.bytes);
  tell_of(which->first);
  values_.erase(which);
}

void memory_storage::tell_of(const std::string& key) const {
  observation_.tell([&](storage_observer& who) { who.changed(key); });
}

stored_state memory_storage::entry::state() const {
  stored_state its{std::to_string(version), std::nullopt};
  if (expires) its.expires_ms = milliseconds_at(*expires);
  return its;
}

stored_look memory_storage::look_at(const std::vector<std::string>& keys) {
  std::lock_guard lock{mutex_};
  stored_look look;
  look.now_ms = milliseconds_at(now_());
  for (const auto& key : keys)
    if (const auto it = find(key); it != values_.end())
      look.found.emplace(key, stored_look::item{it->second.state(), it->second.value});
  return look;
}

std::map<std::string, stored_state> memory_storage::states(const std::string& prefix) {
  std::lock_guard lock{mutex_};
  forget_expired();
  std::map<std::string, stored_state> all;
  for (auto it = values_.lower_bound(prefix); it != values_.end() && it->first.starts_with(prefix); ++it) {
    if (all.size() == most_watched) refuse_to_look(prefix);
    all.emplace(it->first, it->second.state());
  }
  return all;
}

void memory_storage::forget_expired() {
  const auto now = now_();
  for (auto it = values_.begin(); it != values_.end();) {
    const auto next = std::next(it);
    if (it->second.expires && *it->second.expires <= now) erase(it);
    it = next;
  }
}

std::uint64_t memory_storage::bytes_of(const std::string& key, const json& value) const {
  return account_ ? stored_bytes(key, value.dump(-1, ' ', false, json::error_handler_t::replace)) : 0;
}

std::optional<storage_account::room> memory_storage::demand_room(std::int64_t growth) {
  if (!account_) return std::nullopt;
  if (auto found = account_->take_room(growth)) return found;
  forget_expired();
  if (auto found = account_->take_room(growth)) return found;
  throw account_->refusal(plugin_, growth);
}

void memory_storage::put(const std::map<std::string, json>& values, std::optional<clock::time_point> expires) {
  std::int64_t growth = 0;
  std::vector<std::uint64_t> bytes;
  for (const auto& [key, value] : values) {
    bytes.push_back(bytes_of(key, value));
    const auto present = find(key);
    growth += static_cast<std::int64_t>(bytes.back()) -
              static_cast<std::int64_t>(present == values_.end() ? 0 : present->second.bytes);
  }
  auto room = demand_room(growth);
  auto its_bytes = bytes.begin();
  for (const auto& [key, value] : values) {
    values_[key] = {value, expires, *its_bytes++, ++writes_};
    tell_of(key);
  }
  if (room) room->use();
}

std::optional<memory_storage::clock::time_point> memory_storage::moment_after(
    std::optional<std::chrono::milliseconds> ttl) const {
  if (!ttl) return std::nullopt;
  return now_() + *ttl;
}

std::optional<json> memory_storage::get(const std::string& key) {
  std::lock_guard lock{mutex_};
  const auto it = find(key);
  if (it == values_.end()) return std::nullopt;
  return it->second.value;
}

std::map<std::string, json> memory_storage::get_many(const std::vector<std::string>& keys) {
  std::lock_guard lock{mutex_};
  std::map<std::string, json> found;
  for (const auto& key : keys)
    if (const auto it = find(key); it != values_.end()) found.emplace(key, it->second.value);
  return found;
}

void memory_storage::set(const std::string& key, const json& value, std::optional<std::chrono::milliseconds> ttl) {
  set_many({{key, value}}, ttl);
}

void memory_storage::set_many(const std::map<std::string, json>& values, std::optional<std::chrono::milliseconds> ttl) {
  const auto expires = moment_after(ttl);
  std::lock_guard lock{mutex_};
  put(values, expires);
}

bool memory_storage::compare_and_set(const std::string& key, const std::optional<json>& expected,
                                     const std::optional<json>& desired) {
  std::lock_guard lock{mutex_};
  const auto it = find(key);
  if ((it != values_.end()) != expected.has_value() || (expected && it->second.value != *expected)) return false;
  if (desired)
    put({{key, *desired}}, std::nullopt);
  else if (expected)
    erase(it);
  return true;
}

bool memory_storage::remove(const std::string& key) {
  std::lock_guard lock{mutex_};
  const auto it = find(key);
  if (it == values_.end()) return false;
  erase(it);
  return true;
}

std::vector<std::string> memory_storage::keys(const std::string& prefix, const std::string& after, std::size_t limit) {
  std::lock_guard lock{mutex_};
  forget_expired();
  std::vector<std::string> found;
  for (auto it = after < prefix ? values_.lower_bound(prefix) : values_.upper_bound(after);
       it != values_.end() && it->first.starts_with(prefix) && found.size() < limit; ++it)
    found.push_back(it->first);
  return found;
}

std::size_t memory_storage::clear() {
  std::lock_guard lock{mutex_};
  const auto count = values_.size();
  while (!values_.empty()) erase(values_.begin());
  return count;
}

double memory_storage::increment(const std::string& key, double by) {
  if (!std::isfinite(by))
    throw error{ec::invalid_argument, "storage key '" + key + "' cannot be changed by a number that is not finite"};
  std::lock_guard lock{mutex_};
  auto it = find(key);
  if (it == values_.end()) {
    put({{key, 0}}, std::nullopt);
    it = values_.find(key);
  }
  auto& value = it->second.value;
  if (!value.is_number()) throw error{ec::invalid_argument, "the value of storage key '" + key + "' is not a number"};
  value = sum(value, by);
  it->second.version = ++writes_;
  tell_of(key);
  return value.get<double>();
}

}  // namespace streamspace
