#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <cli/plugin_commands.hpp>
#include <cli/plugin_dev.hpp>
#include <cli/plugin_package.hpp>
#include <cli/plugin_project.hpp>

namespace streamspace {

namespace {

void add_new(CLI::App& command, std::function<int()>& run) {
  const auto project = std::make_shared<plugin_project>();
  project->streamspace_version = STREAMSPACE_VERSION;
  command.add_option("NAME", project->name, "The plugin's name: lower-case letters, digits and hyphens")->required();
  command
      .add_option("--template", project->template_name,
                  "event counts events, http has a route, actor is a CAF actor, full has it all")
      ->capture_default_str()
      ->check(CLI::IsMember(template_names()));
  command.add_option("--directory", project->directory, "Folder of the project; NAME if not given");
  command.parse_complete_callback([&run, project] {
    run = [project] {
      const auto place = write_project(*project);
      std::printf("made %s; README.md in it says how to build, test and pack the plugin\n", place.c_str());
      return 0;
    };
  });
}

void add_pack(CLI::App& command, std::function<int()>& run) {
  const auto request = std::make_shared<package_request>();
  command.add_option("DIR", request->directory, "The plugin's folder, with manifest.json")->required();
  command.add_option("--output", request->output, "The package; NAME-VERSION.tar.gz if not given");
  command.add_option("--library", request->library,
                     "The plugin's code; NAME.so in DIR or its build folder if not given");
  command.parse_complete_callback([&run, request] {
    run = [request] {
      request->time = package_time(std::getenv("SOURCE_DATE_EPOCH"));
      const auto made = make_package(*request);
      std::printf("%s\n%ju bytes\nsha256 %s\n", made.file.c_str(), made.bytes, made.sha256.c_str());
      return 0;
    };
  });
}

void add_dev(CLI::App& command, std::function<int()>& run) {
  const auto options = std::make_shared<plugin_dev_options>();
  command.add_option("DIR", options->directory, "The plugin's project")->required();
  command.add_option("--data-dir", options->data_dir, "Folder of the server")
      ->envname("STREAMSPACE_DATA_DIR")
      ->capture_default_str();
  command.add_option("--plugin-dir", options->plugin_dir,
                     "Directory in which the server looks for plugins; plugins in its data folder if not given");
  command.add_option("--server", options->server, "Where the server answers")->capture_default_str();
  command.add_flag("--once", options->once, "Build and install it once, and end");
  command.parse_complete_callback([&run, options] { run = [options] { return develop_plugin(*options); }; });
}

}  // namespace

void add_plugin(CLI::App& plugin, std::function<int()>& run) {
  plugin.require_subcommand(1);
  plugin.fallthrough();
  const auto command = [&](const char* name, const char* description) {
    auto* sub = plugin.add_subcommand(name, description);
    sub->fallthrough();
    return sub;
  };
  add_new(*command("new", "Writes the project of a new plugin"), run);
  add_dev(*command("dev", "Builds a plugin into a running server whenever its files change"), run);
  add_pack(*command("pack", "Makes a package of a plugin, and a file with its hash"), run);
}

}  // namespace streamspace
