#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <dlfcn.h>
#include <mutex>
#include <thread>

#include <sys/stat.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/plugins/code/code_inspection.hpp>
#include <streamspace/plugins/code/code_store.hpp>
#include <streamspace/plugins/code/private_copy.hpp>

namespace streamspace {

namespace {

namespace fs = std::filesystem;

fs::path own_folder(const fs::path& wanted) {
  std::error_code fault;
  if (wanted.empty()) {
    auto name = (fs::temp_directory_path(fault) / "streamspace-code-XXXXXX").string();
    if (fault || !::mkdtemp(name.data()))
      throw error{ec::io_error, "no folder for the code of plugins can be made as " + name};
    return name;
  }
  fs::remove_all(wanted, fault);
  fs::create_directories(wanted.parent_path(), fault);
  if (::mkdir(wanted.c_str(), S_IRWXU) != 0)
    throw error{ec::io_error, "the folder " + wanted.string() + " for the code of plugins cannot be made"};
  return wanted;
}

/// What the loader says, without the path of our copy in front.
std::string loader_error(const std::string& copy) {
  const char* said = ::dlerror();
  std::string text = said ? said : "the loader does not say why";
  if (text.starts_with(copy + ": ")) text.erase(0, copy.size() + 2);
  return text;
}

std::string why_not_loaded(const std::string& copy) {
  auto text = loader_error(copy);
  if (text.find("undefined symbol") != std::string::npos)
    return "it needs what this server does not have (" + text + "); rebuild it with this server's SDK";
  return "it cannot be loaded: " + text;
}

}  // namespace

/// What is open, and the thread that closes it. It outlives the store for as long as code holds it.
class code_store::shelf : public std::enable_shared_from_this<shelf> {
 public:
  explicit shelf(settings its) : log_{std::move(its.log)}, folder_{own_folder(its.folder)} {}
  ~shelf() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  shelf(const shelf&) = delete;
  shelf& operator=(const shelf&) = delete;

  struct item {
    mapped_code what;
    fs::path copy;
    void* handle = nullptr;
  };

  fs::path next_copy(const std::string& plugin) {
    const std::lock_guard lock{mutex_};
    return folder_ / (plugin + "-" + std::to_string(++copies_) + ".so");
  }

  std::shared_ptr<const void> keep(item opened) {
    const std::lock_guard lock{mutex_};
    if (!closer_.joinable()) closer_ = std::thread{[this] { close_retired(); }};
    const auto number = next_number_++;
    auto* handle = opened.handle;
    items_.emplace_back(number, std::move(opened));
    return {handle, [self = shared_from_this(), number](const void*) { self->retire(number); }};
  }

  std::vector<mapped_code> list() const {
    const std::lock_guard lock{mutex_};
    std::vector<mapped_code> all;
    for (const auto& [number, its] : items_) all.push_back(its.what);
    return all;
  }

  /// Closes what is retired, and ends the thread.
  void end() {
    {
      const std::lock_guard lock{mutex_};
      ends_ = true;
    }
    news_.notify_all();
    if (closer_.joinable()) closer_.join();
  }

 private:
  void retire(std::uint64_t number) {
    {
      const std::lock_guard lock{mutex_};
      if (ends_) return;
      retired_.push_back(number);
    }
    news_.notify_all();
  }

  void close_retired() {
    std::unique_lock lock{mutex_};
    for (;;) {
      news_.wait(lock, [this] { return ends_ || !retired_.empty(); });
      if (retired_.empty()) return;
      const auto number = retired_.front();
      retired_.pop_front();
      const auto place = std::find_if(items_.begin(), items_.end(), [&](const auto& i) { return i.first == number; });
      const auto closing = place->second;
      lock.unlock();
      const bool stays = !close(closing);
      lock.lock();
      std::erase_if(items_, [&](auto& i) {
        if (i.first != number) return false;
        i.second.what.now = mapped_code::state::kept;
        return !stays;
      });
    }
  }

  /// False when the loader keeps it.
  bool close(const item& its) const {
    ::dlclose(its.handle);
    auto* still = ::dlopen(its.copy.c_str(), RTLD_LAZY | RTLD_NOLOAD);
    if (still) {
      ::dlclose(still);
      log_({"runtime",
            log_level::warn,
            "the code of plugin " + its.what.plugin + " stays in memory after it was closed",
            {{"plugin", its.what.plugin}, {"file", its.what.file.string()}, {"copy", its.copy.string()}},
            now()});
      return false;
    }
    std::error_code ignored;
    fs::remove(its.copy, ignored);
    return true;
  }

  const log_sink log_;
  const fs::path folder_;
  mutable std::mutex mutex_;
  std::condition_variable news_;
  std::vector<std::pair<std::uint64_t, item>> items_;
  std::deque<std::uint64_t> retired_;
  std::uint64_t next_number_ = 0;
  std::uint64_t copies_ = 0;
  bool ends_ = false;
  std::thread closer_;
};

code_store::code_store(settings its) : shelf_{std::make_shared<shelf>(std::move(its))} {}

code_store::~code_store() {
  shelf_->end();
}

code_store::opened code_store::open(const std::string& plugin, const fs::path& file,
                                    const std::string& expected_sha256) {
  opened result;
  result.copy = shelf_->next_copy(plugin);
  result.sha256 = copy_privately(file, result.copy);
  try {
    if (!expected_sha256.empty() && result.sha256 != expected_sha256)
      throw error{ec::plugin_incompatible, "its file is not the one that was installed (SHA-256 " + result.sha256 +
                                               " instead of " + expected_sha256 +
                                               "); install it again if you trust it"};
    auto why = why_incompatible(value_or_raise(inspect_code(result.copy)), this_abi());
    if (!why.empty()) throw error{ec::plugin_incompatible, std::move(why)};
    auto* handle = ::dlopen(result.copy.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) throw error{ec::plugin_incompatible, why_not_loaded(result.copy.string())};
    result.code = shelf_->keep({{plugin, file, result.sha256}, result.copy, handle});
    result.new_plugin = reinterpret_cast<plugin_handler* (*)()>(::dlsym(handle, "NewPlugin"));
    if (!result.new_plugin) throw error{ec::plugin_incompatible, "its NewPlugin is no function that others may call"};
    if (const auto* hooks = static_cast<const event_hooks*>(::dlsym(handle, "StreamspacePluginHooks")))
      result.hooks = *hooks;
  } catch (...) {
    std::error_code ignored;
    if (!result.code) fs::remove(result.copy, ignored);
    throw;
  }
  return result;
}

std::vector<mapped_code> code_store::mapped() const {
  return shelf_->list();
}

}  // namespace streamspace
