#include <cmath>
#include <cstdint>
#include <utility>

#include <streamspace/actors/memory_storage.hpp>
#include <streamspace/messages/error.hpp>

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

}  // namespace

std::optional<json> memory_storage::get(const std::string& key) {
  std::lock_guard lock{mutex_};
  const auto it = values_.find(key);
  if (it == values_.end()) return std::nullopt;
  return it->second;
}

void memory_storage::set(const std::string& key, const json& value) {
  std::lock_guard lock{mutex_};
  values_[key] = value;
}

bool memory_storage::remove(const std::string& key) {
  std::lock_guard lock{mutex_};
  return values_.erase(key) > 0;
}

std::vector<std::string> memory_storage::keys(const std::string& prefix) {
  std::lock_guard lock{mutex_};
  std::vector<std::string> found;
  for (auto it = values_.lower_bound(prefix); it != values_.end() && it->first.starts_with(prefix); ++it)
    found.push_back(it->first);
  return found;
}

std::size_t memory_storage::clear() {
  std::lock_guard lock{mutex_};
  const auto count = values_.size();
  values_.clear();
  return count;
}

double memory_storage::increment(const std::string& key, double by) {
  if (!std::isfinite(by))
    throw error{ec::invalid_argument, "storage key '" + key + "' cannot be changed by a number that is not finite"};
  std::lock_guard lock{mutex_};
  auto& value = values_.try_emplace(key, 0).first->second;
  if (!value.is_number()) throw error{ec::invalid_argument, "the value of storage key '" + key + "' is not a number"};
  value = sum(value, by);
  return value.get<double>();
}

}  // namespace streamspace
