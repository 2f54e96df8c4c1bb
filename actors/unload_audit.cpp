#include <chrono>
#include <utility>

#include <streamspace/actors/unload_audit.hpp>

namespace streamspace {

namespace {

/// Code is closed by a thread of its own, and requests under way may have a little left to do.
constexpr std::chrono::seconds looks_after{1};

}  // namespace

void unload_audit::loaded(const std::string& plugin, std::weak_ptr<const void> inbox,
                          std::weak_ptr<const void> database) {
  const std::lock_guard lock{mutex_};
  plugins_[plugin] = {std::move(inbox), std::move(database), false};
}

void unload_audit::unloaded(const std::string& plugin) {
  {
    const std::lock_guard lock{mutex_};
    const auto its = plugins_.find(plugin);
    if (its == plugins_.end()) return;
    its->second.unloaded = true;
  }
  timer_->at(deadline_timer::clock::now() + looks_after, [me = weak_from_this(), plugin] {
    if (const auto here = me.lock()) here->report(plugin);
  });
}

plugin_remains unload_audit::look_at(const std::string& plugin, const watched& its) const {
  plugin_remains found;
  found.plugin = plugin;
  found.inbox = !its.inbox.expired();
  found.database = !its.database.expired();
  look_(found);
  return found;
}

void unload_audit::close() {
  const std::lock_guard lock{mutex_};
  closed_ = true;
}

void unload_audit::report(const std::string& plugin) const {
  plugin_remains found;
  {
    const std::lock_guard lock{mutex_};
    const auto its = plugins_.find(plugin);
    if (closed_ || its == plugins_.end() || !its->second.unloaded) return;
    found = look_at(plugin, its->second);
  }
  if (!found.any()) return;
  log_({"runtime", log_level::warn, "something of plugin " + plugin + " is still there after it was unloaded",
        json(found), now()});
}

std::vector<plugin_remains> unload_audit::remains() const {
  std::vector<plugin_remains> all;
  const std::lock_guard lock{mutex_};
  for (const auto& [plugin, its] : plugins_)
    if (auto found = its.unloaded ? look_at(plugin, its) : plugin_remains{}; found.any())
      all.push_back(std::move(found));
  return all;
}

}  // namespace streamspace
