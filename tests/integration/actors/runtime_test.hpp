#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <support/errors.hpp>

#include "scripted_plugin.hpp"
#include "waiting.hpp"
#include <streamspace/actors/runtime.hpp>

namespace streamspace::testing {

/// The log of a runtime. Shared, because plugins that do not return outlive their runtime.
class log_book {
 public:
  log_sink sink(std::shared_ptr<log_book> self) {
    return [self = std::move(self)](log_record record) {
      std::lock_guard lock{self->mutex_};
      self->records_.push_back(std::move(record));
    };
  }

  std::vector<log_record> records() const {
    std::lock_guard lock{mutex_};
    return records_;
  }

  /// Whether a line of that level has this text in its message or data.
  bool has(log_level level, const std::string& text) const {
    for (const auto& r : records())
      if (r.level == level && (r.message + r.data.dump()).find(text) != std::string::npos) return true;
    return false;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<log_record> records_;
};

/// Runtimes whose log the test can read, and what their plugins wrote.
class runtime_test : public ::testing::Test {
 protected:
  /// Without a database; deadlines that only a failing test waits out.
  runtime_options options() {
    runtime_options settings;
    settings.log = logs_->sink(logs_);
    settings.min_log_level = log_level::debug;
    settings.workers = 2;
    return settings;
  }

  /// A started runtime that has these plugins to offer, none of them loaded.
  std::unique_ptr<runtime> started(std::vector<plugin_factory> plugins, std::optional<runtime_options> with = {}) {
    auto rt = std::make_unique<runtime>(with ? std::move(*with) : options());
    for (auto& plugin : plugins) rt->register_builtin(std::move(plugin));
    rt->auto_start(false);
    rt->start();
    return rt;
  }

  /// The same with all of them loaded, in this order.
  std::unique_ptr<runtime> running(std::vector<plugin_factory> plugins, std::optional<runtime_options> with = {}) {
    std::vector<std::string> names;
    for (const auto& plugin : plugins) names.push_back(plugin.manifest.name);
    auto rt = started(std::move(plugins), std::move(with));
    for (const auto& name : names) rt->load({.name = name});
    return rt;
  }

  log_book& logs() const { return *logs_; }

  std::shared_ptr<journal> book_ = std::make_shared<journal>();

 private:
  std::shared_ptr<log_book> logs_ = std::make_shared<log_book>();
};

/// The state in which the runtime shows a plugin; nothing when it does not show it.
inline std::optional<plugin_state> state_of(const runtime& rt, const std::string& name) {
  const auto shown = rt.plugin(name);
  if (!shown) return std::nullopt;
  return shown->state;
}

}  // namespace streamspace::testing
