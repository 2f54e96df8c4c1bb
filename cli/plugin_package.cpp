#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <functional>
#include <locale.h>
#include <map>
#include <memory>
#include <sodium.h>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <cli/plugin_package.hpp>
#include <sys/stat.h>

#include <streamspace/http/sodium.hpp>
#include <streamspace/messages/json_nesting.hpp>
#include <streamspace/messages/names.hpp>
#include <streamspace/plugins/files/descriptor.hpp>
#include <streamspace/plugins/manifest/manifest_check.hpp>
#include <streamspace/plugins/manifest/text_format.hpp>

namespace streamspace {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view manifest_name = "manifest.json";
constexpr std::string_view sums_name = "SHA256SUMS";
constexpr std::string_view package_end = ".tar.gz";
constexpr std::string_view hash_end = ".sha256";
constexpr std::array optional_files{"LICENSE", "README.md"};
constexpr std::array optional_folders{"assets", "migrations", "ui"};
constexpr std::uintmax_t most_manifest_bytes = 4U * 1024U * 1024U;
constexpr std::size_t longest_file_name = 255;

std::string quoted(const fs::path& path) {
  return "'" + path.string() + "'";
}

[[noreturn]] void refuse(std::string message) {
  throw error{ec::invalid_argument, std::move(message)};
}

[[noreturn]] void fail(const std::string& what, const fs::path& file, int cause) {
  throw error{ec::io_error, "cannot " + what + " " + quoted(file) + ": " + std::generic_category().message(cause)};
}

/// Calls `take` with the file's bytes, part by part. What is no regular file is not waited for.
void read_file(const fs::path& file, const std::function<void(std::string_view)>& take) {
  const descriptor in{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (in.get() < 0) fail("read", file, errno);
  std::array<char, 64 * 1024> part;
  for (;;) {
    const auto count = ::read(in.get(), part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("read", file, errno);
    if (count == 0) return;
    take({part.data(), static_cast<std::size_t>(count)});
  }
}

class sha256 {
 public:
  sha256() {
    use_sodium();
    crypto_hash_sha256_init(&state_);
  }
  void add(std::string_view part) {
    crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(part.data()), part.size());
  }
  std::string hex() {
    std::array<unsigned char, crypto_hash_sha256_BYTES> bytes;
    crypto_hash_sha256_final(&state_, bytes.data());
    std::array<char, 2 * crypto_hash_sha256_BYTES + 1> text;
    sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
    return text.data();
  }

 private:
  crypto_hash_sha256_state state_;
};

/// A line of sha256sum's output.
std::string sum_line(const std::string& hash, const std::string& name) {
  return hash + "  " + name + "\n";
}

struct packed_file {
  fs::path from;
  std::uintmax_t bytes = 0;
  bool executable = false;
  std::string hash = {};
};
using packed_files = std::map<std::string, packed_file>;

plugin_manifest read_manifest(const fs::path& directory) {
  const auto file = directory / manifest_name;
  std::error_code fault;
  if (!fs::exists(file, fault))
    refuse("there is no " + quoted(file) + "; give the folder of a plugin, as `streamspace plugin new` makes it");
  std::string text;
  read_file(file, [&](std::string_view part) {
    text += part;
    if (text.size() > most_manifest_bytes) refuse(quoted(file) + " is larger than 4 MiB");
  });
  if (nests_deeper_than(text, manifest_limits.depth)) refuse(quoted(file) + " nests too deep");
  json read;
  try {
    read = json::parse(text);
  } catch (const json::parse_error& e) {
    const std::string_view what{e.what()};
    refuse(quoted(file) + " is no JSON: " + std::string{what.substr(what.find("] ") + 2)});
  }
  auto manifest = checked_manifest(read);
  if (manifest) return *std::move(manifest);
  std::string message = quoted(file) + " is wrong:";
  for (const auto& [pointer, sentence] : manifest.error().context())
    message += "\n  " + (pointer.empty() ? "all of it" : pointer) + ": " + sentence;
  throw error{ec::invalid_argument, std::move(message), manifest.error().context()};
}

bool is_utf8(const std::string& text) {
  try {
    return !json(text).dump().empty();
  } catch (const json::type_error&) {
    return false;
  }
}

/// The files that go into a package, by their names in it.
class collection {
 public:
  explicit collection(fs::path directory) : directory_{std::move(directory)} {}

  /// A file of the directory, `name` being its path there.
  void add(const std::string& name) {
    const auto file = directory_ / name;
    check_name(name);
    if (fs::is_symlink(file)) demand_inside(file);
    take(name, file, (fs::status(file).permissions() & fs::perms::owner_exec) != fs::perms::none);
  }
  void add_folder(const std::string& name) {
    check_name(name);
    const auto folder = directory_ / name;
    if (fs::is_symlink(folder)) {
      demand_inside(folder);
      refuse(quoted(folder) + " is a link to a folder; put the folder itself in its place");
    }
    if (!fs::is_directory(folder)) refuse(quoted(folder) + " must be a folder");
    for (const auto& entry : fs::directory_iterator{folder}) {
      const auto below = name + "/" + entry.path().filename().string();
      if (fs::is_directory(entry.path()))
        add_folder(below);
      else
        add(below);
    }
  }
  void add_library(const std::string& name, const fs::path& file) { take(name, file, true); }

  void demand_inside(const fs::path& link) const {
    std::error_code fault;
    const auto target = fs::canonical(link, fault);
    if (fault) refuse(quoted(link) + " is a link that leads nowhere: " + fault.message());
    const auto [end, ignored] = std::mismatch(directory_.begin(), directory_.end(), target.begin(), target.end());
    if (end != directory_.end())
      refuse(quoted(link) + " is a link out of the plugin's folder, to " + quoted(target) + "; copy the file");
  }

  packed_files files() && { return std::move(files_); }

 private:
  static void check_name(const std::string& name) {
    if (!is_utf8(name) || !is_inner_path(name))
      refuse(json(name).dump(-1, ' ', true, json::error_handler_t::replace) +
             " cannot be in a package: a name must be UTF-8 without backslashes and control characters");
  }

  void take(const std::string& name, const fs::path& file, bool executable) {
    if (!fs::is_regular_file(file)) refuse(quoted(file) + " is no regular file");
    packed_file packed{.from = file, .executable = executable};
    sha256 hash;
    read_file(file, [&](std::string_view part) {
      hash.add(part);
      packed.bytes += part.size();
      if (bytes_ + packed.bytes > most_package_bytes) refuse("the plugin's files are larger than 512 MiB together");
    });
    packed.hash = hash.hex();
    bytes_ += packed.bytes;
    files_.emplace(name, std::move(packed));
    if (files_.size() > most_package_files) refuse("the plugin has more than 10000 files");
  }

  const fs::path directory_;  ///< Canonical.
  packed_files files_;
  std::uintmax_t bytes_ = 0;
};

void demand_shared_object(const fs::path& file) {
  std::string begin;
  constexpr std::string_view magic = "\177ELF";
  read_file(file, [&](std::string_view part) {
    if (begin.size() < magic.size()) begin += part.substr(0, magic.size() - begin.size());
  });
  if (begin != magic) throw error{ec::plugin_incompatible, quoted(file) + " is no shared object (ELF file)"};
}

fs::path library_of(const package_request& request, const fs::path& directory, const std::string& plugin,
                    const collection& files) {
  const auto name = plugin + ".so";
  if (!request.library.empty()) {
    const auto given = request.library.filename().string();
    if (given != name && given != "lib" + name)
      refuse(quoted(request.library) + " is not named as the code of plugin " + plugin + ", " + name);
    if (!fs::exists(request.library)) refuse("there is no library " + quoted(request.library));
    return request.library;
  }
  for (const auto& place : {directory, directory / "build", directory / "build" / "plugins" / plugin}) {
    const auto file = place / name;
    if (!fs::exists(file)) continue;
    files.demand_inside(file);
    return file;
  }
  const auto shown = request.directory.string();
  refuse("there is no " + name + " in " + quoted(request.directory) + " or its build folder; build it with `cmake -S " +
         shown + " -B " + shown + "/build && cmake --build " + shown + "/build`, or say where it is with --library");
}

packed_files collect(const package_request& request, const fs::path& directory, const std::string& plugin) {
  collection files{directory};
  files.add(std::string{manifest_name});
  const auto library = library_of(request, directory, plugin, files);
  if (!fs::is_regular_file(library)) refuse(quoted(library) + " is no regular file");
  demand_shared_object(library);
  files.add_library(plugin + ".so", library);
  // What is there but leads nowhere is refused, not left out.
  const auto is_there = [&](const char* name) {
    return fs::symlink_status(directory / name).type() != fs::file_type::not_found;
  };
  for (const auto* name : optional_files)
    if (is_there(name)) files.add(name);
  for (const auto* name : optional_folders)
    if (is_there(name)) files.add_folder(name);
  return std::move(files).files();
}

/// libarchive takes the encoding of names from the locale.
class utf8_scope {
 public:
  utf8_scope() : locale_{::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)} {
    if (!locale_) throw error{ec::internal, "the C library has no locale C.UTF-8"};
    before_ = ::uselocale(locale_);
  }
  utf8_scope(const utf8_scope&) = delete;
  utf8_scope& operator=(const utf8_scope&) = delete;
  ~utf8_scope() {
    ::uselocale(before_);
    ::freelocale(locale_);
  }

 private:
  locale_t locale_;
  locale_t before_{};
};

struct free_archive {
  void operator()(archive* a) const noexcept { ::archive_write_free(a); }
  void operator()(archive_entry* e) const noexcept { ::archive_entry_free(e); }
};

class archive_writer {
 public:
  archive_writer(int fd, fs::path place, std::int64_t time) : place_{std::move(place)}, time_{time} {
    if (!archive_) throw std::bad_alloc{};
    check(::archive_write_set_format_pax_restricted(archive_.get()));
    check(::archive_write_add_filter_gzip(archive_.get()));
    check(::archive_write_set_filter_option(archive_.get(), "gzip", "compression-level", "9"));
    check(::archive_write_set_filter_option(archive_.get(), "gzip", "timestamp", nullptr));
    check(::archive_write_set_bytes_in_last_block(archive_.get(), 1));
    check(::archive_write_open_fd(archive_.get(), fd));
  }

  void begin(const std::string& name, std::uintmax_t bytes, bool executable) {
    const std::unique_ptr<archive_entry, free_archive> entry{::archive_entry_new()};
    if (!entry) throw std::bad_alloc{};
    ::archive_entry_set_pathname(entry.get(), name.c_str());
    ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes));
    ::archive_entry_set_filetype(entry.get(), AE_IFREG);
    ::archive_entry_set_perm(entry.get(), executable ? 0755 : 0644);
    ::archive_entry_set_uid(entry.get(), 0);
    ::archive_entry_set_gid(entry.get(), 0);
    ::archive_entry_set_mtime(entry.get(), time_, 0);
    check(::archive_write_header(archive_.get(), entry.get()));
  }
  void write(std::string_view part) {
    while (!part.empty()) {
      const auto count = ::archive_write_data(archive_.get(), part.data(), part.size());
      if (count < 0) check(ARCHIVE_FATAL);
      // More than was announced is not taken.
      if (count == 0) return;
      part.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  void finish() { check(::archive_write_close(archive_.get())); }

 private:
  void check(int status) {
    if (status == ARCHIVE_OK) return;
    if (const auto cause = ::archive_errno(archive_.get()); cause > 0) fail("write", place_, cause);
    const auto* why = ::archive_error_string(archive_.get());
    throw error{ec::io_error, "cannot write " + quoted(place_) + ": " + (why ? why : "libarchive gives no reason")};
  }

  const std::unique_ptr<archive, free_archive> archive_{::archive_write_new()};
  const fs::path place_;
  const std::int64_t time_;
};

void write_archive(int fd, const fs::path& place, const packed_files& files, std::int64_t time) {
  const utf8_scope names;
  archive_writer out{fd, place, time};
  std::string sums;
  for (const auto& [name, file] : files) sums += sum_line(file.hash, name);
  out.begin(std::string{sums_name}, sums.size(), false);
  out.write(sums);
  for (const auto& [name, file] : files) {
    out.begin(name, file.bytes, file.executable);
    sha256 hash;
    read_file(file.from, [&](std::string_view part) {
      hash.add(part);
      out.write(part);
    });
    if (hash.hex() != file.hash)
      throw error{ec::conflict, quoted(file.from) + " changed while it was packed; try again"};
  }
  out.finish();
}

/// A file that takes its place when it is whole, and is gone otherwise.
class draft_file {
 public:
  explicit draft_file(fs::path place)
      : place_{std::move(place)},
        path_{place_.parent_path() / (".package." + new_id())},
        fd_{::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)} {
    if (fd_.get() < 0) fail("write", place_, errno);
  }
  draft_file(const draft_file&) = delete;
  draft_file& operator=(const draft_file&) = delete;
  ~draft_file() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  int fd() const noexcept { return fd_.get(); }
  const fs::path& path() const noexcept { return path_; }
  void write(std::string_view text) {
    while (!text.empty()) {
      const auto count = ::write(fd_.get(), text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail("write", place_, errno);
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  void sync() {
    if (::fsync(fd_.get()) != 0) fail("write", place_, errno);
  }
  void take_place() {
    if (::rename(path_.c_str(), place_.c_str()) != 0) fail("write", place_, errno);
    path_.clear();
  }

 private:
  const fs::path place_;
  fs::path path_;
  const descriptor fd_;
};

fs::path output_of(const package_request& request, const plugin_manifest& manifest) {
  const auto own = manifest.name + "-" + manifest.version + std::string{package_end};
  const auto file = fs::absolute(request.output.empty() ? fs::path{own} : request.output).lexically_normal();
  const auto name = file.filename().string();
  if (!name.ends_with(package_end) || name == package_end)
    refuse("the package " + quoted(file) + " must be named as a file that ends in " + std::string{package_end});
  if (name.size() + hash_end.size() > longest_file_name)
    refuse("the file name '" + name + "' is too long; give a shorter one with --output");
  if (!fs::is_directory(file.parent_path()))
    refuse("there is no folder " + quoted(file.parent_path()) + " to put the package in");
  return file;
}

void demand_replaceable(const fs::path& file) {
  const auto type = fs::status(file).type();
  if (type != fs::file_type::not_found && type != fs::file_type::regular)
    refuse(quoted(file) + " is there already and is no regular file; choose another name with --output");
}

plugin_package make(const package_request& request) {
  std::error_code fault;
  const auto directory = fs::canonical(request.directory, fault);
  if (fault || !fs::is_directory(directory)) refuse("there is no folder " + quoted(request.directory));
  const auto manifest = read_manifest(request.directory);
  plugin_package made;
  made.file = output_of(request, manifest);
  const fs::path hash_file = made.file.string() + std::string{hash_end};
  demand_replaceable(made.file);
  demand_replaceable(hash_file);
  const auto files = collect(request, directory, manifest.name);

  draft_file package{made.file};
  write_archive(package.fd(), made.file, files, request.time);
  package.sync();
  sha256 hash;
  read_file(package.path(), [&](std::string_view part) {
    hash.add(part);
    made.bytes += part.size();
  });
  made.sha256 = hash.hex();
  draft_file sum{hash_file};
  sum.write(sum_line(made.sha256, made.file.filename().string()));
  sum.sync();
  package.take_place();
  sum.take_place();
  return made;
}

}  // namespace

plugin_package make_package(const package_request& request) {
  try {
    return make(request);
  } catch (const fs::filesystem_error& e) {
    fail("read", e.path1(), e.code().value());
  }
}

std::int64_t package_time(const char* source_date_epoch) {
  if (!source_date_epoch || !*source_date_epoch) return 0;
  const std::string_view text{source_date_epoch};
  // What a tar archive can say without an extension.
  constexpr std::int64_t latest = (std::int64_t{1} << 33) - 1;
  std::int64_t seconds = -1;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (fault != std::errc{} || end != text.data() + text.size() || seconds < 0 || seconds > latest)
    refuse("SOURCE_DATE_EPOCH must be a number of seconds since 1970, not '" + std::string{text} + "'");
  return seconds;
}

}  // namespace streamspace
