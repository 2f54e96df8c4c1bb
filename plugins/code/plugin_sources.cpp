#include <algorithm>

#include <streamspace/plugins/code/plugin_sources.hpp>

namespace streamspace {

namespace {

/// A plugin whose code lies in a file. A restart opens a copy of what was opened first, whatever the file has become.
class code_of_file {
 public:
  code_of_file(const plugin_candidate& which, std::string sha256, std::shared_ptr<code_store> store)
      : name_{which.name}, version_{which.manifest.version}, sha256_{std::move(sha256)}, store_{std::move(store)} {
    first_.copy = which.file;
  }

  /// In one plugin's turn at a time.
  made_plugin make() {
    try {
      const auto opened = store_->open(name_, first_.copy, first_.code ? first_.sha256 : sha256_);
      if (!first_.code) first_ = opened;
      return made_by(opened);
    } catch (const error& e) {
      throw error{e.code(), "plugin " + name_ + " " + version_ + " is refused: " + e.message(), e.context()};
    }
  }

 private:
  /// An exception of the plugin's own does not leave here, as it may be of a class that is gone with the code.
  static made_plugin made_by(const code_store::opened& opened) {
    made_plugin made{opened.code, nullptr, opened.hooks, opened.sha256};
    std::string why = "its function NewPlugin made nothing";
    try {
      made.handler.reset(opened.new_plugin());
    } catch (...) {
      const auto thrown = describe_current_exception();
      why = "its constructor threw " + thrown.type + ": " + thrown.what;
    }
    if (!made.handler) throw error{ec::plugin_failed, std::move(why)};
    return made;
  }

  const std::string name_;
  const std::string version_;
  const std::string sha256_;
  const std::shared_ptr<code_store> store_;
  code_store::opened first_;  ///< Before that, where to find it.
};

}  // namespace

plugin_sources::plugin_sources(factories builtin, std::vector<std::filesystem::path> directories,
                               std::shared_ptr<code_store> store)
    : builtin_{std::move(builtin)},
      directories_{std::move(directories)},
      store_{std::move(store)},
      found_{std::make_shared<const discovered_plugins>()} {}

std::shared_ptr<const discovered_plugins> plugin_sources::discover() {
  auto found = std::make_shared<const discovered_plugins>(discover_plugins(directories_));
  const std::lock_guard lock{mutex_};
  found_ = found;
  return found;
}

std::shared_ptr<const discovered_plugins> plugin_sources::found() const {
  const std::lock_guard lock{mutex_};
  return found_;
}

result<plugin_factory> plugin_sources::factory_of(const std::string& plugin, const std::string& code_sha256) const {
  if (const auto ours = builtin_.find(plugin); ours != builtin_.end()) return ours->second;
  const auto all = found();
  const auto* candidate = all->find(plugin);
  if (!candidate)
    return failure(ec::not_found, "there is no plugin '" + plugin.substr(0, 80) +
                                      "' to load; GET /api/plugins/available lists those that are");
  if (!candidate->rejected.empty())
    return failure(ec::plugin_incompatible,
                   "plugin " + plugin + " (" + candidate->file.string() + ") is refused: " + candidate->rejected);
  return plugin_factory{candidate->manifest, [code = std::make_shared<code_of_file>(*candidate, code_sha256, store_)] {
                          return code->make();
                        }};
}

std::optional<plugin_manifest> plugin_sources::manifest_of(std::string_view plugin) const {
  if (const auto ours = builtin_.find(plugin); ours != builtin_.end()) return ours->second.manifest;
  const auto all = found();
  const auto* candidate = all->find(plugin);
  if (!candidate || !candidate->rejected.empty()) return std::nullopt;
  return candidate->manifest;
}

std::string plugin_sources::file_of(std::string_view plugin) const {
  if (is_builtin(plugin)) return {};
  const auto all = found();
  const auto* candidate = all->find(plugin);
  return candidate ? candidate->file.string() : std::string{};
}

std::vector<available_plugin> plugin_sources::list() const {
  std::vector<available_plugin> all;
  for (const auto& [name, factory] : builtin_) all.push_back({name, factory.manifest.version, true, {}, {}});
  for (const auto& candidate : found()->all()) {
    auto rejected = candidate.rejected;
    if (rejected.empty() && is_builtin(candidate.name)) rejected = "this program has a plugin of that name built in";
    all.push_back({candidate.name, candidate.manifest.version, false, candidate.file.string(), std::move(rejected)});
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}

}  // namespace streamspace
