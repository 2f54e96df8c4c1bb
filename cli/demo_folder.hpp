#pragma once

#include <filesystem>

namespace streamspace {

/// A new folder below the system's temporary folder, removed at the end with all that is in it unless it is to be kept.
class demo_folder {
 public:
  /// Error: io_error.
  explicit demo_folder(bool keep);
  ~demo_folder();
  demo_folder(const demo_folder&) = delete;
  demo_folder& operator=(const demo_folder&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
  bool keep_;
};

}  // namespace streamspace
