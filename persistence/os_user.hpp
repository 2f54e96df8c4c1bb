#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace streamspace {

/// A user of the operating system.
struct os_user {
  std::string name;  ///< Empty for a number that has no name here.
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;

  static std::optional<os_user> named(const std::string& name);
  static os_user with_id(uid_t uid);
  /// Whom this process acts for.
  static os_user current();

  bool is_root() const noexcept { return uid == 0; }
  /// The name, or the number where there is no name.
  std::string display() const { return name.empty() ? std::to_string(uid) : name; }
};

}  // namespace streamspace
