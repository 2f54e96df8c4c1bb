#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include <streamspace/persistence/pg_connection.hpp>

namespace streamspace::testing {

/// How long a test waits for what should happen soon: long enough for a loaded machine, since only a failing test waits
/// it out.
inline constexpr std::chrono::milliseconds patience{30'000};

/// Where databases are made quickest: a file system in memory if it has room, else the system's temporary folder.
std::filesystem::path fast_temporary_folder();

/// A folder of its own in `parent`, open to every user to pass through; removed with all that is in it.
class scratch_folder {
 public:
  explicit scratch_folder(const std::filesystem::path& parent = std::filesystem::temp_directory_path());
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
  int in_use_ = -1;
};

/// A fresh database, made when this is made and dropped with it, on the throw-away PostgreSQL server of this test
/// program. The server is started by the first one and stops when the program ends, however it ends.
class test_database {
 public:
  enum class layout {
    platform,  ///< All migrations are applied.
    empty,
  };

  explicit test_database(layout kind = layout::platform);
  ~test_database();
  test_database(const test_database&) = delete;
  test_database& operator=(const test_database&) = delete;

  /// Superuser, no password: for pg_connection, the runtime and `--database-url`.
  const std::string& url() const noexcept { return url_; }
  const std::string& name() const noexcept { return name_; }

  pg_connection connect() const { return pg_connection{url_, patience}; }

 private:
  std::string name_;
  std::string url_;
};

/// A test with a fresh database of the platform's layout.
class postgres_test : public ::testing::Test {
 protected:
  const std::string& url() const noexcept { return database_.url(); }
  pg_connection connect() const { return database_.connect(); }

 private:
  test_database database_;
};

}  // namespace streamspace::testing
