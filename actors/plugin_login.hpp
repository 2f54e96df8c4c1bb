#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <streamspace/actors/database.hpp>
#include <streamspace/persistence/plugin_roles.hpp>

namespace streamspace {

/// As whom one plugin's statements run. Its role is made when it is first needed, so that a plugin without SQL costs
/// the database nothing. Thread-safe.
class plugin_login {
 public:
  plugin_login(std::shared_ptr<const plugin_roles> roles, std::string plugin, std::vector<std::string> permissions)
      : roles_{std::move(roles)}, plugin_{std::move(plugin)}, permissions_{std::move(permissions)} {}

  /// The first call blocks until the role is there. Errors are thrown: those of plugin_roles::ensure; the next call
  /// tries again then.
  db_login_ptr get();

 private:
  const std::shared_ptr<const plugin_roles> roles_;
  const std::string plugin_;
  const std::vector<std::string> permissions_;
  std::mutex mutex_;
  db_login_ptr known_;
};

}  // namespace streamspace
