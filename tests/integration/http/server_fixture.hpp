#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "integration/http/raw_client.hpp"
#include <streamspace/http/http_server.hpp>

namespace streamspace::testing {

/// Waits until `condition` holds, for ten seconds at most; looks every millisecond.
inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock{mutex};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    never.wait_for(lock, std::chrono::milliseconds{1});
  }
  return true;
}

/// A server on a free port whose handler answers with what it was asked, and these paths with more:
/// "/hold" keeps its responder in held(), "/drop" lets it go, "/throw" throws, "/big" answers with 16 MiB.
class server_fixture : public ::testing::Test {
 protected:
  server_fixture() {
    options.on_fault = [this](std::string_view sentence) {
      std::lock_guard lock{mutex_};
      faults_.emplace_back(sentence);
    };
  }

  ~server_fixture() override {
    server.reset();
    for (auto& kept : take_held()) kept(response::no_content());
  }

  void start() {
    server = std::make_unique<http_server>(
        options, [this](request rq, responder answer) { handle(std::move(rq), std::move(answer)); });
    server->start();
  }

  raw_client connect() { return raw_client{server->port()}; }

  std::vector<responder> take_held() {
    std::lock_guard lock{mutex_};
    return std::exchange(held_, {});
  }

  /// The responder of the one request that is held, once it is.
  responder wait_for_held() {
    EXPECT_TRUE(eventually([this] {
      std::lock_guard lock{mutex_};
      return !held_.empty();
    }));
    auto all = take_held();
    return all.empty() ? responder{} : std::move(all.front());
  }

  std::vector<std::string> faults() {
    std::lock_guard lock{mutex_};
    return faults_;
  }

  http_server_options options;
  std::unique_ptr<http_server> server;

 private:
  void handle(request rq, responder answer) {
    if (rq.path == "/hold") {
      std::lock_guard lock{mutex_};
      held_.push_back(std::move(answer));
    } else if (rq.path == "/throw") {
      throw std::runtime_error{"as told"};
    } else if (rq.path == "/big") {
      answer(response::text(std::string(16UL * 1024 * 1024, 'x')));
    } else if (rq.path == "/split") {
      auto broken = response::no_content();
      broken.header("X-A", "b\r\nX-Evil: c");
      answer(std::move(broken));
    } else if (rq.path != "/drop") {
      json headers = json::object();
      for (const auto& [name, value] : rq.headers) headers[name] = value;
      answer(json{{"method", rq.method},
                  {"path", rq.path},
                  {"body", rq.body},
                  {"headers", headers},
                  {"id", rq.id},
                  {"remote", rq.remote_address}});
    }
  }

  std::mutex mutex_;
  std::vector<responder> held_;
  std::vector<std::string> faults_;
};

}  // namespace streamspace::testing
