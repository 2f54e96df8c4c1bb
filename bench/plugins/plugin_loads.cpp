#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <bench/plugins/plugin_files.hpp>
#include <bench/plugins/plugin_loads.hpp>
#include <bench/quiet_options.hpp>
#include <bench/resident_memory.hpp>

#include <streamspace/runtime.hpp>

namespace streamspace::bench {

namespace {

using clock = std::chrono::steady_clock;

double milliseconds_since(clock::time_point begun) {
  return std::chrono::duration<double, std::milli>(clock::now() - begun).count();
}

class idle final : public base_plugin {
 public:
  void on_load(plugin_context& ctx) override {
    ctx.events().on("session.*", [this](const event&) { ++seen_; });
    ctx.api().get("/seen", [this](const request&) { return json{{"seen", seen_}}; });
  }

 private:
  std::uint64_t seen_ = 0;
};

std::string name_of(std::size_t i) {
  return "idle-" + std::to_string(i);
}

std::unique_ptr<runtime> with_builtins(std::size_t count) {
  auto plugins = std::make_unique<runtime>(quiet_options());
  for (std::size_t i = 0; i < count; ++i) plugins->register_builtin<idle>(name_of(i));
  return plugins;
}

}  // namespace

double load_builtin_ms(std::size_t count) {
  const auto plugins = with_builtins(count + 1);
  plugins->auto_start(false);
  plugins->start();
  plugins->load({.name = name_of(count)});
  const auto begun = clock::now();
  for (std::size_t i = 0; i < count; ++i) plugins->load({.name = name_of(i)});
  return milliseconds_since(begun);
}

double load_file_ms(std::size_t count) {
  const plugin_files files{STREAMSPACE_IDLE_PLUGIN, count};
  const auto plugins = files.started();
  const auto begun = clock::now();
  for (std::size_t i = 0; i < count; ++i) plugins->load({.name = plugin_files::name_of(i)});
  return milliseconds_since(begun) / static_cast<double>(count);
}

double idle_builtin_kib(std::size_t count) {
  const auto plugins = with_builtins(2 * count);
  plugins->auto_start(false);
  plugins->start();
  for (std::size_t i = 0; i < count; ++i) plugins->load({.name = name_of(i)});
  const auto before = resident_mib();
  for (std::size_t i = count; i < 2 * count; ++i) plugins->load({.name = name_of(i)});
  return (resident_mib() - before) * 1024 / static_cast<double>(count);
}

double idle_file_kib(std::size_t count) {
  const plugin_files files{STREAMSPACE_IDLE_PLUGIN, 2 * count};
  const auto plugins = files.started();
  for (std::size_t i = 0; i < count; ++i) plugins->load({.name = plugin_files::name_of(i)});
  const auto before = resident_mib();
  for (std::size_t i = count; i < 2 * count; ++i) plugins->load({.name = plugin_files::name_of(i)});
  return (resident_mib() - before) * 1024 / static_cast<double>(count);
}

namespace {

void run_or_throw(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw error{ec::io_error, "this failed: " + command};
}

}  // namespace

double compile_seconds(headers how) {
  auto name = (std::filesystem::temp_directory_path() / "streamspace-bench-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw error{ec::io_error, "no folder can be made as " + name};
  const std::filesystem::path folder{name};
  std::string compile = STREAMSPACE_COMPILE_PLUGIN " -o " + (folder / "plugin.o").string();
  if (how == headers::precompiled) {
    std::ofstream{folder / "sdk.hpp"} << "#include <streamspace/plugin.hpp>\n";
    run_or_throw(STREAMSPACE_PRECOMPILE " " + (folder / "sdk.hpp").string() + " -o " +
                 (folder / "sdk.hpp.gch").string());
    compile += " -include " + (folder / "sdk.hpp").string();
  }
  const auto begun = clock::now();
  run_or_throw(compile);
  const auto took = milliseconds_since(begun) / 1000;
  std::filesystem::remove_all(folder);
  return took;
}

}  // namespace streamspace::bench
