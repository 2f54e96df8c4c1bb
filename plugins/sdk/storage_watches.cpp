#include <algorithm>
#include <iterator>
#include <utility>

#include <streamspace/messages/error.hpp>
#include <streamspace/plugins/sdk/storage_watches.hpp>

namespace streamspace {

namespace {

/// So many keys are looked at in a turn.
constexpr std::size_t most_in_a_turn = 100;

}  // namespace

void storage_watches::add(const storage_watch_ptr& watch) {
  const auto entry = std::make_shared<watched>(watched{watch, watch->prefix, {}});
  {
    std::lock_guard lock{mutex_};
    std::erase_if(watches_, [](const auto& each) { return each->by.expired(); });
    watches_.push_back(entry);
  }
  // What is written from now on is heard of, maybe before it is looked at, which does no harm.
  storage_->observe(weak_from_this());
  auto present = storage_->states(watch->prefix);
  std::lock_guard lock{mutex_};
  entry->told = std::move(present);
}

void storage_watches::open(bool wanted) {
  std::lock_guard lock{mutex_};
  open_ = wanted;
  post();
}

void storage_watches::give_up() {
  std::lock_guard lock{mutex_};
  open_ = false;
  watches_.clear();
  changed_.clear();
}

void storage_watches::changed(const std::string& key) {
  std::lock_guard lock{mutex_};
  if (std::none_of(watches_.begin(), watches_.end(), [&](const auto& each) { return each->concerns(key); })) return;
  changed_.insert(key);
  post();
}

void storage_watches::cleared() {
  std::lock_guard lock{mutex_};
  for (const auto& each : watches_)
    for (const auto& [key, state] : each->told) changed_.insert(key);
  post();
}

std::vector<std::string> storage_watches::prefixes() const {
  std::lock_guard lock{mutex_};
  std::vector<std::string> all;
  for (const auto& each : watches_)
    if (!each->by.expired() && std::find(all.begin(), all.end(), each->prefix) == all.end())
      all.push_back(each->prefix);
  return all;
}

void storage_watches::found(const std::string& prefix, const std::map<std::string, stored_state>& all) {
  std::lock_guard lock{mutex_};
  for (const auto& each : watches_) {
    if (each->by.expired() || each->prefix != prefix) continue;
    for (const auto& [key, state] : all)
      if (const auto told = each->told.find(key); told == each->told.end() || told->second != state)
        changed_.insert(key);
    for (const auto& [key, state] : each->told)
      if (!all.contains(key)) changed_.insert(key);
  }
  post();
}

void storage_watches::post() {
  if (!open_ || posted_ || changed_.empty()) return;
  posted_ = true;
  turns_->post([me = weak_from_this()] {
    if (const auto self = me.lock()) self->tell();
  });
}

void storage_watches::tell() {
  std::set<std::string> keys;
  {
    std::lock_guard lock{mutex_};
    posted_ = false;
    if (!open_) return;
    auto end = changed_.begin();
    std::advance(end, std::min(changed_.size(), most_in_a_turn));
    while (changed_.begin() != end) keys.insert(changed_.extract(changed_.begin()));
  }
  stored_look seen;
  try {
    seen = storage_->look_at({keys.begin(), keys.end()});
  } catch (const error&) {
    // No fault of the plugin's. They are looked at again when the next change is heard of or looked for.
    std::lock_guard lock{mutex_};
    changed_.merge(keys);
    return;
  }
  while (!keys.empty()) {
    const auto next = keys.extract(keys.begin());
    try {
      tell_of(next.value(), seen);
    } catch (...) {
      keys.insert(next.value());  // Others may watch it too.
      put_back(std::move(keys));
      throw;
    }
  }
  put_back({});
}

void storage_watches::put_back(std::set<std::string> keys) {
  std::lock_guard lock{mutex_};
  changed_.merge(keys);
  post();
}

void storage_watches::tell_of(const std::string& key, const stored_look& seen) {
  std::vector<std::pair<std::shared_ptr<watched>, storage_watch_ptr>> concerned;
  {
    std::lock_guard lock{mutex_};
    for (const auto& each : watches_)
      if (each->concerns(key)) concerned.emplace_back(each, each->by.lock());
  }
  for (const auto& [each, watch] : concerned) {
    std::unique_lock lock{mutex_};
    const auto change = settle(*each, key, seen);
    lock.unlock();
    if (change) watch->handler(*change);
  }
}

std::optional<storage_change> storage_watches::settle(watched& what, const std::string& key, const stored_look& seen) {
  const auto now = seen.found.find(key);
  const auto before = what.told.find(key);
  if (now != seen.found.end()) {
    if (before != what.told.end() && before->second == now->second.state) return std::nullopt;
    what.told.insert_or_assign(key, now->second.state);
    return storage_change{storage_change::kind::set, key, now->second.value};
  }
  if (before == what.told.end()) return std::nullopt;
  const auto& until = before->second.expires_ms;
  const auto how = until && *until <= seen.now_ms ? storage_change::kind::expired : storage_change::kind::removed;
  what.told.erase(before);
  return storage_change{how, key, std::nullopt};
}

}  // namespace streamspace
