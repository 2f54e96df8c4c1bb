#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include <streamspace/http/http_server.hpp>

namespace streamspace {

/// What a server's connections share. Internal to this folder. Thread-safe.
struct server_core {
  server_core(http_server_options o, http_handler h) : options{std::move(o)}, handler{std::move(h)} {}

  void fault(std::string_view sentence) const noexcept {
    try {
      if (options.on_fault) options.on_fault(sentence);
    } catch (...) {  // A log that fails has nobody to tell.
    }
  }

  void connection_gone() noexcept {
    std::lock_guard lock{mutex};
    if (--connections == 0) all_gone.notify_all();
  }

  /// Whether no connection is left, waiting until `deadline` for it.
  bool wait_until_gone(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock{mutex};
    return all_gone.wait_until(lock, deadline, [this] { return connections == 0; });
  }

  const http_server_options options;
  const http_handler handler;
  std::atomic<bool> draining{false};  ///< No request is begun any more, and every answer closes its connection.
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> in_flight{0};
  std::atomic<std::size_t> bodies_bytes{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> refused{0};
  std::mutex mutex;
  std::condition_variable all_gone;
};

}  // namespace streamspace
