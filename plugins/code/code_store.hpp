#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <streamspace/messages/log_record.hpp>
#include <streamspace/plugins/code/mapped_code.hpp>
#include <streamspace/plugins/sdk/plugin_factory.hpp>

namespace streamspace {

/// Opens the code of plugins, each time as a copy at a path of its own: so one that is replaced is read anew, and what
/// was looked at is what runs. Code is closed when the last that holds it lets go, by a thread of the store's own, in
/// which destructors of the plugin's static objects run. Thread-safe.
class code_store {
 public:
  struct settings {
    /// Where the copies lie, made if it is missing, for its owner only; what is in it is removed at first. Empty: a
    /// folder of its own among the system's temporary ones.
    std::filesystem::path folder;
    log_sink log;
  };

  explicit code_store(settings its);
  code_store(const code_store&) = delete;
  code_store& operator=(const code_store&) = delete;
  /// Code that is still used stays open for good.
  ~code_store();

  struct opened {
    std::shared_ptr<const void> code;
    plugin_handler* (*new_plugin)() = nullptr;
    event_hooks hooks = all_event_hooks;
    std::string sha256;          ///< Of the file, 64 hexadecimal digits.
    std::filesystem::path copy;  ///< Is there as long as the code is open.
  };
  /// Blocks, and runs the constructors of the plugin's static objects. `expected_sha256` may be empty. Errors:
  /// plugin_incompatible, whose message is the reason alone; io_error.
  opened open(const std::string& plugin, const std::filesystem::path& file, const std::string& expected_sha256);

  std::vector<mapped_code> mapped() const;

 private:
  class shelf;
  std::shared_ptr<shelf> shelf_;
};

}  // namespace streamspace
