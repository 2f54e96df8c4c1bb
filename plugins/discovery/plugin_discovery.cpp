#include <algorithm>
#include <array>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <set>
#include <system_error>
#include <tuple>
#include <unistd.h>
#include <utility>

#include <sys/stat.h>

#include <streamspace/messages/names.hpp>
#include <streamspace/plugins/discovery/plugin_discovery.hpp>
#include <streamspace/plugins/manifest/manifest_check.hpp>

namespace streamspace {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "streamspace-";
constexpr std::string_view code_suffix = ".so";
constexpr std::size_t most_entries = 10'000;
constexpr std::size_t longest_sentence = 2'000;

std::string text_of(int fault) {
  return std::system_category().message(fault);
}

std::string_view without_prefix(std::string_view name) {
  return name.starts_with(prefix) && name.size() > prefix.size() ? name.substr(prefix.size()) : name;
}

/// What anybody may have written, as one line of UTF-8 that is not too long.
std::string shown(std::string_view text) {
  const bool is_plain = text.size() <= longest_sentence &&
                        std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
  if (is_plain) return std::string{text};
  const auto in_quotes = json(text.substr(0, longest_sentence)).dump(-1, ' ', false, json::error_handler_t::replace);
  return in_quotes.substr(1, in_quotes.size() - 2);
}

/// As a shell takes it.
std::string quoted(const fs::path& path) {
  const auto text = path.string();
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"/._-+"}.find(c) != std::string_view::npos;
  });
  if (is_plain) return text;
  std::string in_quotes = "'";
  for (const char c : text) in_quotes += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return in_quotes + "'";
}

plugin_manifest plain_manifest_of(const std::string& name) {
  plugin_manifest m;
  m.name = name;
  m.display_name = name;
  m.version = "0.0.0";
  return m;
}

/// What lies at a path, links followed.
struct sight {
  enum class state { absent, unseen, dangling, there };

  state what = state::absent;
  int fault = 0;          ///< Of one that is unseen: why.
  uid_t entry_owner = 0;  ///< Of a link its own.
  struct stat facts {};

  bool is_file() const { return what == state::there && S_ISREG(facts.st_mode); }
  bool is_folder() const { return what == state::there && S_ISDIR(facts.st_mode); }
  bool is_open_to_others() const { return (facts.st_mode & S_IWOTH) != 0; }
};
using state = sight::state;

sight look_at(int directory, const std::string& path) {
  sight seen;
  if (::fstatat(directory, path.c_str(), &seen.facts, AT_SYMLINK_NOFOLLOW) != 0) {
    seen.fault = errno;
    const bool is_absent = seen.fault == ENOENT || seen.fault == ENOTDIR || seen.fault == ENAMETOOLONG;
    seen.what = is_absent ? state::absent : state::unseen;
    return seen;
  }
  seen.what = state::there;
  seen.entry_owner = seen.facts.st_uid;
  if (S_ISLNK(seen.facts.st_mode) && ::fstatat(directory, path.c_str(), &seen.facts, 0) != 0) {
    seen.fault = errno;
    seen.what = seen.fault == EACCES ? state::unseen : state::dangling;
  }
  return seen;
}

/// Candidates of one directory.
class directory_scan {
 public:
  directory_scan(fs::path path, std::vector<plugin_candidate>& found, std::vector<std::string>& faults)
      : path_{std::move(path)}, found_{found}, faults_{faults} {}

  /// `seen` has the directories that were looked at before, by device and inode.
  void run(std::set<std::pair<dev_t, ino_t>>& seen) {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory{::opendir(path_.c_str()), &::closedir};
    if (!directory) {
      if (errno != ENOENT) fault("cannot be read: " + text_of(errno));
      return;
    }
    fd_ = ::dirfd(directory.get());
    sight own{.what = state::there};
    if (::fstat(fd_, &own.facts) != 0) return fault("cannot be looked at: " + text_of(errno));
    if (!seen.emplace(own.facts.st_dev, own.facts.st_ino).second) return;
    own.entry_owner = own.facts.st_uid;
    is_open_ = own.is_open_to_others();
    distrust_ = why_not_trusted(own, path_, false);
    for (const auto& [is_folder, unused, name] : entries(directory.get()))
      is_folder ? take_folder(name) : take_file(name);
  }

 private:
  /// Sorted by precedence: whether it is a folder, whether it has the prefix, its name.
  using listed = std::tuple<bool, bool, std::string>;

  std::vector<listed> entries(DIR* directory) {
    std::vector<listed> found;
    while (true) {
      errno = 0;
      const auto* next = ::readdir(directory);
      if (!next) {
        if (errno != 0) fault("could not be read to its end: " + text_of(errno));
        break;
      }
      const std::string_view name{next->d_name};
      if (is_passed_over(name)) continue;
      const bool is_code = name.ends_with(code_suffix);
      const bool may_be_folder = next->d_type == DT_DIR || next->d_type == DT_LNK || next->d_type == DT_UNKNOWN;
      if (!is_code && !may_be_folder) continue;
      if (found.size() == most_entries) {
        fault("has more than " + std::to_string(most_entries) +
              " entries that may be plugins; the others are passed over");
        break;
      }
      found.emplace_back(!is_code, name.starts_with(prefix), name);
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  void take_file(const std::string& entry) {
    const std::string bare{without_prefix({entry.data(), entry.size() - code_suffix.size()})};
    auto why = why_not_a_plugin_name(bare);
    if (why.empty()) why = distrust_;
    if (why.empty()) why = why_not_a_file(look_at(fd_, entry), path_ / entry, is_open_);
    add(bare, path_ / entry, plain_manifest_of(shown(bare)), why);
  }

  void take_folder(const std::string& entry) {
    const auto path = path_ / entry;
    const std::string bare{without_prefix(entry)};
    const std::string prefixed = std::string{prefix} + bare;
    const bool may_be_plugin = is_plugin_name(bare) || is_plugin_name(entry);
    const auto add_unseen = [&](const sight& seen, const fs::path& what) {
      if (may_be_plugin) add(bare, path / (bare + ".so"), plain_manifest_of(bare), why_unseen(seen, what));
    };
    const auto folder = look_at(fd_, entry);
    if (folder.what == state::absent || (folder.what == state::there && !folder.is_folder())) return;
    if (folder.what != state::there) return add_unseen(folder, path);
    const auto code = look_at(fd_, entry + "/" + bare + ".so");
    if (code.what == state::unseen) return add_unseen(code, path / (bare + ".so"));
    const auto prefixed_code = look_at(fd_, entry + "/" + prefixed + ".so");
    const auto manifest = look_at(fd_, entry + "/manifest.json");
    const bool has_code = code.what != state::absent || prefixed_code.what != state::absent;
    if (!has_code && manifest.what == state::absent) return;

    claim said;
    said.fault = may_be_plugin ? distrust_ : why_not_a_plugin_name(bare);
    if (said.fault.empty()) said.fault = why_not_trusted(folder, path, is_open_);
    if (said.fault.empty()) said = claim_of(entry + "/manifest.json", manifest, folder.is_open_to_others());
    const auto add_as = [&](const std::string& stem, const sight& seen) {
      const auto name = said.name == stem ? stem : bare;
      const bool fits = !said.manifest || said.name == name;
      auto why = said.fault;
      if (why.empty() && seen.what == state::absent)
        why = quoted(path) + " has a manifest.json, but " + stem +
              ".so is missing; build the plugin or remove the folder";
      if (why.empty() && !fits) why = "the manifest calls it '" + said.name + "', but its file is " + stem + ".so";
      if (why.empty()) why = why_not_a_plugin_name(name);
      if (why.empty()) why = why_not_a_file(seen, path / (stem + ".so"), folder.is_open_to_others());
      add(name, path / (stem + ".so"), said.manifest && fits ? *said.manifest : plain_manifest_of(shown(name)), why);
    };
    if (code.what != state::absent || (!has_code && said.name != prefixed)) add_as(bare, code);
    if (prefixed_code.what != state::absent || (!has_code && said.name == prefixed)) add_as(prefixed, prefixed_code);
  }

  void add(const std::string& name, fs::path file, plugin_manifest manifest, const std::string& why) {
    found_.push_back({shown(name), std::move(file), std::move(manifest), shown(why)});
  }

  /// What a manifest.json says. One that is wrong may still say a name.
  struct claim {
    std::optional<plugin_manifest> manifest;
    std::string name;
    std::string fault;
  };

  claim claim_of(const std::string& path, const sight& seen, bool is_in_open_folder) const {
    if (seen.what == state::absent) return {};
    if (auto why = why_not_a_file(seen, path_ / path, is_in_open_folder); !why.empty()) return {{}, {}, std::move(why)};
    std::string text;
    if (auto why = read(path, text); !why.empty()) return {{}, {}, quoted(path_ / path) + " " + why};
    json said;
    try {
      said = json::parse(text);
    } catch (const json::parse_error& e) {
      return {{}, {}, quoted(path_ / path) + " is not JSON: it goes wrong at byte " + std::to_string(e.byte)};
    } catch (const json::exception&) {
      return {{}, {}, quoted(path_ / path) + " has a number that is too large"};
    }
    claim made;
    if (const auto name = said.find("name"); name != said.end() && name->is_string())
      made.name = name->get<std::string>();
    auto checked = checked_manifest(said);
    if (checked)
      made.manifest = std::move(*checked);
    else
      made.fault = checked.error().message();
    return made;
  }

  /// Why the file could not be read, as the end of a sentence.
  std::string read(const std::string& path, std::string& text) const {
    constexpr auto most = manifest_limits.bytes;
    // What it is was seen before; should it have become a pipe meanwhile, nobody waits for it.
    const int fd = ::openat(fd_, path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return "cannot be opened: " + text_of(errno);
    std::array<char, 16 * 1024> part;
    int fault = 0;
    while (text.size() <= most) {
      const auto count = ::read(fd, part.data(), part.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fault = errno;
      if (count <= 0) break;
      text.append(part.data(), static_cast<std::size_t>(count));
    }
    ::close(fd);
    if (fault != 0) return "cannot be read: " + text_of(fault);
    return text.size() > most ? "has more than " + std::to_string(most) + " bytes" : "";
  }

  static std::string why_unseen(const sight& seen, const fs::path& path) {
    return quoted(path) + (seen.what == state::dangling ? " is a symbolic link that leads nowhere; mend it or remove it"
                                                        : " cannot be looked at: " + text_of(seen.fault));
  }

  std::string why_not_a_file(const sight& seen, const fs::path& path, bool is_in_open_folder) const {
    if (seen.what != state::there) return why_unseen(seen, path);
    if (!seen.is_file()) return quoted(path) + " is not a regular file";
    return why_not_trusted(seen, path, is_in_open_folder);
  }

  /// Why others could change what lies there.
  std::string why_not_trusted(const sight& seen, const fs::path& path, bool is_in_open_folder) const {
    const auto who = [](uid_t user) { return "user " + std::to_string(user); };
    const auto is_ours = [this](uid_t user) { return user == 0 || user == user_; };
    const auto text = quoted(path);
    const bool is_sticky = seen.is_folder() && (seen.facts.st_mode & S_ISVTX) != 0;
    if (!is_ours(seen.facts.st_uid))
      return text + " belongs to " + who(seen.facts.st_uid) + ", who could change it; give it to " +
             (user_ == 0 ? "" : who(user_) + ", as whom this runs, or to ") + "root: chown root " + text;
    if (seen.is_open_to_others() && !is_sticky)
      return "others may write to " + text + "; take that from them: chmod o-w " + text;
    if (is_in_open_folder && !is_ours(seen.entry_owner))
      return text + " is a symbolic link of " + who(seen.entry_owner) + ", who could point it elsewhere; remove it";
    return {};
  }

  void fault(const std::string& sentence) {
    faults_.push_back(shown("the plugin directory " + path_.string() + " " + sentence));
  }

  const fs::path path_;
  const uid_t user_ = ::geteuid();
  std::vector<plugin_candidate>& found_;
  std::vector<std::string>& faults_;
  int fd_ = -1;
  bool is_open_ = false;  ///< To others, but sticky.
  std::string distrust_;  ///< Why nothing in the directory can be trusted.
};

struct by_name {
  bool operator()(const plugin_candidate& a, const plugin_candidate& b) const { return a.name < b.name; }
  bool operator()(const plugin_candidate& a, std::string_view b) const { return a.name < b; }
  bool operator()(std::string_view a, const plugin_candidate& b) const { return a < b.name; }
};

}  // namespace

discovered_plugins::discovered_plugins(std::vector<plugin_candidate> candidates, std::vector<std::string> faults)
    : all_{std::move(candidates)}, faults_{std::move(faults)} {
  std::stable_sort(all_.begin(), all_.end(), by_name{});
  const plugin_candidate* taken = nullptr;
  for (auto& each : all_) {
    if (!each.rejected.empty()) continue;
    if (taken && taken->name == each.name)
      each.rejected = "shadowed by " + shown(taken->file.string());
    else
      taken = &each;
  }
}

const plugin_candidate* discovered_plugins::find(std::string_view name) const noexcept {
  const auto [first, last] = std::equal_range(all_.begin(), all_.end(), name, by_name{});
  if (first == last) return nullptr;
  const auto taken = std::find_if(first, last, [](const plugin_candidate& c) { return c.rejected.empty(); });
  return taken == last ? &*first : &*taken;
}

discovered_plugins discover_plugins(const std::vector<fs::path>& directories) {
  std::vector<plugin_candidate> found;
  std::vector<std::string> faults;
  std::set<std::pair<dev_t, ino_t>> seen;
  for (const auto& directory : directories) {
    if (directory.empty()) continue;
    std::error_code fault;
    auto path = fs::absolute(directory, fault);
    if (fault)
      faults.push_back(shown("the plugin directory " + directory.string() + " cannot be found: " + fault.message()));
    else
      directory_scan{std::move(path), found, faults}.run(seen);
  }
  return discovered_plugins{std::move(found), std::move(faults)};
}

bool is_passed_over(std::string_view entry) noexcept {
  return entry.starts_with('.') || entry.ends_with('~') || entry.ends_with(".tmp");
}

}  // namespace streamspace
