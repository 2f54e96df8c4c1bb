#pragma once

#include <filesystem>

namespace streamspace {

/// The folder a server keeps its data in, held by this process for as long as the object lives: a second process that
/// asks for the same folder is refused. The hold ends with the process, however it ends.
class data_folder {
 public:
  /// Makes the folder where it is missing (only its owner may enter it) and takes it.
  /// Errors: data_folder_in_use, naming the folder and the process that has it (fact pid); io_error when the folder
  /// cannot be made or written: read-only, full, not permitted, not a folder.
  explicit data_folder(const std::filesystem::path& where);
  ~data_folder();
  data_folder(data_folder&& other) noexcept;
  data_folder& operator=(data_folder&& other) noexcept;

  /// Absolute.
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  bool take(const std::filesystem::path& file);

  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace streamspace
