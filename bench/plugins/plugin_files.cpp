#include <cstdlib>
#include <fstream>

#include <bench/plugins/plugin_files.hpp>
#include <bench/quiet_options.hpp>

namespace streamspace::bench {

namespace fs = std::filesystem;

std::string plugin_files::name_of(std::size_t i) {
  return "plugin-" + std::to_string(i);
}

plugin_files::plugin_files(const fs::path& code, std::size_t count) {
  auto name = (fs::temp_directory_path() / "streamspace-bench-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw error{ec::io_error, "no folder can be made as " + name};
  root_ = name;
  for (std::size_t i = 0; i < count; ++i) {
    const auto folder = root_ / "plugins" / name_of(i);
    fs::create_directories(folder);
    fs::copy_file(code, folder / (name_of(i) + ".so"));
    std::ofstream{folder / "manifest.json"}
        << json{{"name", name_of(i)}, {"version", "1.0.0"}, {"displayName", "Benched"}, {"description", "Is measured"}};
  }
}

plugin_files::~plugin_files() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

std::unique_ptr<runtime> plugin_files::started() const {
  auto settings = quiet_options();
  settings.plugin_dirs = {root_ / "plugins"};
  settings.code_dir = root_ / "code";
  auto plugins = std::make_unique<runtime>(std::move(settings));
  plugins->auto_start(false);
  plugins->start();
  return plugins;
}

}  // namespace streamspace::bench
