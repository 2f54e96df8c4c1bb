#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <streamspace/actors/runtime.hpp>

namespace streamspace::testing {

/// A directory in which a runtime finds the plugins that a test puts there; removed at the end.
class plugin_folder {
 public:
  plugin_folder() {
    auto name = (std::filesystem::temp_directory_path() / "streamspace-test-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    std::filesystem::create_directory(directory());
  }
  plugin_folder(const plugin_folder&) = delete;
  plugin_folder& operator=(const plugin_folder&) = delete;
  ~plugin_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  std::filesystem::path directory() const { return root_ / "plugins"; }
  /// Where the copies of the code lie.
  std::filesystem::path code() const { return root_ / "code"; }
  std::filesystem::path file_of(const std::string& plugin) const { return directory() / plugin / (plugin + ".so"); }
  static std::filesystem::path fixture(const std::string& name) {
    return std::filesystem::path{STREAMSPACE_FIXTURES} / (name + ".so");
  }

  void look_into(runtime_options& settings) const {
    settings.plugin_dirs = {directory()};
    settings.code_dir = code();
  }

  /// Puts a plugin there, or another version in its place.
  void put(const std::string& plugin, const std::string& fixture_name, const std::string& version = "1.0.0",
           const json& dependencies = json::object()) const {
    const auto folder = directory() / plugin;
    std::filesystem::create_directories(folder);
    std::filesystem::copy_file(fixture(fixture_name), folder / "next");
    std::filesystem::rename(folder / "next", file_of(plugin));
    std::ofstream{folder / "manifest.json"} << json{{"name", plugin},
                                                    {"version", version},
                                                    {"displayName", plugin},
                                                    {"description", "A test's"},
                                                    {"dependencies", dependencies}};
  }
  /// The same with a file of these bytes.
  void put_bytes(const std::string& plugin, const std::string& bytes) const {
    put(plugin, "counter_1");
    std::ofstream{file_of(plugin), std::ios::binary | std::ios::trunc} << bytes;
  }
  static std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

 private:
  std::filesystem::path root_;
};

}  // namespace streamspace::testing
