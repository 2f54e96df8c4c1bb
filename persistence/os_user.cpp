#include <array>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <streamspace/persistence/os_user.hpp>

namespace streamspace {

namespace {

os_user read_entry(const passwd& entry) {
  os_user user{entry.pw_name, entry.pw_uid, entry.pw_gid, {}};
  int count = 0;
  ::getgrouplist(entry.pw_name, entry.pw_gid, nullptr, &count);
  user.groups.resize(static_cast<std::size_t>(count));
  if (::getgrouplist(entry.pw_name, entry.pw_gid, user.groups.data(), &count) < 0) user.groups = {entry.pw_gid};
  return user;
}

}  // namespace

std::optional<os_user> os_user::named(const std::string& name) {
  std::array<char, 16384> buffer;
  passwd entry{};
  passwd* found = nullptr;
  ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (!found) return std::nullopt;
  return read_entry(*found);
}

os_user os_user::with_id(uid_t uid) {
  std::array<char, 16384> buffer;
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  if (!found) return {{}, uid, static_cast<gid_t>(uid), {}};
  return read_entry(*found);
}

os_user os_user::current() {
  return with_id(::geteuid());
}

}  // namespace streamspace
