#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include <cli/demo_record.hpp>

namespace streamspace {

struct demo_drive {
  std::string url;
  std::string admin_token;
  int users = 0;
  int sessions = 0;
  int clients = 1;
  /// Told what is done next. On the caller's thread.
  std::function<void(std::string_view)> progress;
};

/// Drives a platform over HTTP with so many clients at once, each on a connection and a thread of its own: makes users,
/// logs them in, takes each session through its whole life with its owner's token, and logs the users out. A session's
/// steps follow one another; sessions go side by side. Blocks. Requests that go wrong are recorded, not thrown; after a
/// few of them no further ones are made. Errors: unavailable when `stop` was requested.
demo_record drive_platform(const demo_drive& plan, const std::stop_token& stop);

}  // namespace streamspace
