#include <streamspace/actors/plugin_login.hpp>
#include <streamspace/plugins/sdk/blocking_scope.hpp>

namespace streamspace {

db_login_ptr plugin_login::get() {
  std::unique_lock lock{mutex_, std::try_to_lock};
  if (!lock) {
    const blocking_scope waits;
    lock.lock();
  }
  if (known_) return known_;
  const blocking_scope waits;
  return known_ = std::make_shared<const db_login>(db_login{plugin_, roles_->ensure(plugin_, permissions_)});
}

}  // namespace streamspace
