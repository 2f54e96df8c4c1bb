#pragma once

#include <filesystem>
#include <sched.h>

#include <sys/mount.h>

namespace streamspace::testing {

/// A small file system of its own on `folder`, seen by this process alone. False where that is not allowed.
inline bool mount_small(const std::filesystem::path& folder, const char* size) {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", folder.c_str(), "tmpfs", 0, size) == 0;
}

}  // namespace streamspace::testing
