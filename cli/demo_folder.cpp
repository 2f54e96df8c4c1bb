#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include <cli/demo_folder.hpp>

#include <streamspace/messages/error.hpp>

namespace streamspace {

namespace fs = std::filesystem;

demo_folder::demo_folder(bool keep) : keep_{keep} {
  std::error_code fault;
  const auto place = fs::temp_directory_path(fault);
  auto name = (place / "streamspace-demo-XXXXXX").string();
  if (!fault && !::mkdtemp(name.data())) fault = {errno, std::generic_category()};
  if (fault)
    throw error{ec::io_error, "cannot make a folder for the demo's data in '" + place.string() +
                                  "': " + fault.message() + "; set TMPDIR to a folder that can be written"};
  path_ = name;
}

demo_folder::~demo_folder() {
  if (keep_) return;
  std::error_code fault;
  fs::remove_all(path_, fault);
  if (fault) std::fprintf(stderr, "demo: could not remove %s: %s\n", path_.c_str(), fault.message().c_str());
}

}  // namespace streamspace
