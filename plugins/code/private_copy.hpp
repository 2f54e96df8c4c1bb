#pragma once

#include <filesystem>
#include <string>

namespace streamspace {

/// Copies a plugin's file to a path that does not exist yet, readable by its owner only, and returns the SHA-256 of
/// what was copied, in hexadecimal digits. Leaves nothing behind when it fails. Errors: plugin_incompatible for a file
/// that others may change, or that is none; io_error.
std::string copy_privately(const std::filesystem::path& file, const std::filesystem::path& to);

}  // namespace streamspace
