#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace streamspace {

/// A package of a plugin that is to be made.
struct package_request {
  std::filesystem::path directory;  ///< Of the plugin: manifest.json and what goes with it.
  std::filesystem::path library;    ///< Its code; looked for in the directory and its build folder if empty.
  std::filesystem::path output;     ///< NAME-VERSION.tar.gz in the working folder if empty.
  std::int64_t time = 0;            ///< Of all files in the package, in seconds since 1970.
};

/// A package that was made.
struct plugin_package {
  std::filesystem::path file;
  std::uintmax_t bytes = 0;
  std::string sha256;  ///< In hexadecimal.
};

/// What a package may hold.
inline constexpr std::size_t most_package_files = 10'000;
inline constexpr std::uintmax_t most_package_bytes = 512U * 1024U * 1024U;

/// Makes a package and beside it FILE.sha256, as sha256sum writes it; files of these names are replaced. The package is
/// a tar archive (pax where a name asks for it) in gzip. Its first file is SHA256SUMS with the hashes of all others,
/// which follow sorted by their names: manifest.json, NAME.so, LICENSE and README.md where they are there, and what is
/// in the folders assets, migrations and ui. Owners, times and the order are always the same, so that the same files
/// give the same bytes. Links are followed, but not out of the directory, and folders must not be links. The output is
/// there as a whole or not at all. Blocks.
/// Errors: invalid_argument for what is wrong with the directory, naming the file and for a manifest each fault;
/// plugin_incompatible for a library that is none; conflict when a file changes meanwhile; io_error.
plugin_package make_package(const package_request& request);

/// What package_request::time is for a value of the environment's SOURCE_DATE_EPOCH (reproducible-builds.org): 0 for
/// none. Error invalid_argument.
std::int64_t package_time(const char* source_date_epoch);

}  // namespace streamspace
