#pragma once

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <streamspace/messages/names.hpp>

namespace streamspace::testing {

/// As long as it is there, this process can write no more than so many bytes into a file.
class full_disk {
 public:
  explicit full_disk(rlim_t bytes) : handler_{::signal(SIGXFSZ, SIG_IGN)} {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit less{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &less);
  }
  full_disk(const full_disk&) = delete;
  full_disk& operator=(const full_disk&) = delete;
  ~full_disk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

/// A folder of a test's own.
class work_folder : public ::testing::Test {
 protected:
  work_folder() : folder_{std::filesystem::temp_directory_path() / ("streamspace-" + new_id())} {
    std::filesystem::create_directory(folder_);
  }
  ~work_folder() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  const std::filesystem::path& folder() const { return folder_; }
  void write(const std::filesystem::path& file, const std::string& text) const {
    std::filesystem::create_directories((folder_ / file).parent_path());
    std::ofstream{folder_ / file, std::ios::binary} << text;
  }
  std::string read(const std::filesystem::path& file) const {
    std::ifstream in{folder_ / file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  /// The names of all that lies right in it.
  std::set<std::string> names() const {
    std::set<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator{folder_}) all.insert(entry.path().filename().string());
    return all;
  }

 private:
  const std::filesystem::path folder_;
};

}  // namespace streamspace::testing
