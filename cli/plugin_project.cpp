#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <system_error>
#include <utility>

#include <cli/plugin_project.hpp>

#include <streamspace/messages/error.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view for_all = "common";

/// Names that a target of CMake cannot have.
constexpr std::array<std::string_view, 6> targets_of_cmake{"all", "clean", "help", "package", "preinstall", "test"};

[[noreturn]] void fail(const std::string& what, const fs::path& file, const std::error_code& why) {
  throw error{ec::io_error, "cannot " + what + " '" + file.string() + "': " + why.message()};
}

void check_name(const std::string& name) {
  if (auto why = why_not_a_plugin_name(name); !why.empty()) throw error{ec::invalid_argument, std::move(why)};
  if (std::find(targets_of_cmake.begin(), targets_of_cmake.end(), name) != targets_of_cmake.end())
    throw error{ec::invalid_argument, "CMake keeps the name '" + name + "' for itself; choose another one"};
}

void check_template(const std::string& name) {
  const auto known = template_names();
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  std::string list;
  for (const auto& one : known) list += (list.empty() ? "" : ", ") + one;
  throw error{ec::invalid_argument, "there is no template '" + name + "'; there are " + list};
}

void check_place(const fs::path& place) {
  const auto shown = "'" + place.string() + "'";
  std::error_code fault;
  const auto status = fs::symlink_status(place, fault);
  if (status.type() == fs::file_type::not_found) {
    const auto above = place.parent_path();
    if (!fs::is_directory(above, fault))
      throw error{ec::invalid_argument, "there is no folder '" + above.string() + "' to make the project in"};
    return;
  }
  if (fault) fail("look at", place, fault);
  if (status.type() != fs::file_type::directory)
    throw error{ec::already_exists, shown + " is there already and is no folder; choose another place"};
  const bool empty = fs::is_empty(place, fault);
  if (fault) fail("look into", place, fault);
  if (!empty) throw error{ec::already_exists, "the folder " + shown + " is not empty; choose another place"};
  // A new folder takes its place, which whoever works in the old one would not see.
  if (fs::equivalent(place, fs::current_path(), fault))
    throw error{ec::invalid_argument,
                "the working folder cannot become the project's; call this from the folder above"};
}

std::string filled_in(std::string text, const std::vector<std::pair<std::string_view, std::string>>& values) {
  for (const auto& [placeholder, value] : values)
    for (auto at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at + value.size()))
      text.replace(at, placeholder.size(), value);
  return text;
}

void write_file(const fs::path& file, const std::string& text) {
  std::error_code fault;
  fs::create_directories(file.parent_path(), fault);
  if (fault) fail("make the folder", file.parent_path(), fault);
  errno = 0;
  std::ofstream out{file, std::ios::binary};
  out << text;
  out.close();
  if (!out) fail("write", file, {errno, std::generic_category()});
}

/// A folder to write into, which is gone at the end unless it was moved away.
class draft_folder {
 public:
  explicit draft_folder(fs::path path) : path_{std::move(path)} {
    std::error_code fault;
    fs::create_directory(path_, fault);
    if (fault) fail("make the folder", path_, fault);
  }
  draft_folder(const draft_folder&) = delete;
  draft_folder& operator=(const draft_folder&) = delete;
  ~draft_folder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  const fs::path& path() const noexcept { return path_; }
  void move_to(const fs::path& place) {
    std::error_code fault;
    fs::rename(path_, place, fault);
    if (fault) fail("make the folder", place, fault);
    path_.clear();
  }

 private:
  fs::path path_;
};

}  // namespace

std::vector<std::string> template_names() {
  std::set<std::string> names;
  for (const auto& file : template_files())
    if (file.of != for_all) names.emplace(file.of);
  return {names.begin(), names.end()};
}

std::string class_name_of(std::string_view plugin) {
  constexpr std::string_view word = "plugin";
  std::string name;
  for (const char c : plugin)
    // Two underscores in a row belong to the compiler.
    if (c != '-')
      name += c;
    else if (!name.ends_with('_'))
      name += '_';
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return std::string{word} + "_" + name;
  return name.ends_with(word) ? name : name + "_" + std::string{word};
}

fs::path write_project(const plugin_project& project) {
  check_name(project.name);
  check_template(project.template_name);
  auto place = fs::absolute(project.directory.empty() ? fs::path{project.name} : project.directory).lexically_normal();
  if (!place.has_filename()) place = place.parent_path();
  check_place(place);

  const std::vector<std::pair<std::string_view, std::string>> values{
      {"@NAME@", project.name}, {"@CLASS@", class_name_of(project.name)}, {"@VERSION@", project.streamspace_version}};
  draft_folder draft{place.parent_path() / ("." + place.filename().string() + "." + new_id())};
  // A template's own files come after those for all, in whose place they may stand.
  for (const auto of : {for_all, std::string_view{project.template_name}})
    for (const auto& file : template_files())
      if (file.of == of)
        write_file(draft.path() / filled_in(std::string{file.path}, {{"NAME", project.name}}),
                   filled_in(std::string{file.text}, values));
  draft.move_to(place);
  return place;
}

}  // namespace streamspace
