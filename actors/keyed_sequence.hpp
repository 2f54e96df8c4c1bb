#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace streamspace {

/// Lets steps on the same key happen one after the other, in the order in which they came, while other keys go on. A
/// step is asynchronous: it is over when it calls `done`, once; it must not throw. For one thread.
class keyed_sequence {
 public:
  using done = std::function<void()>;
  using step = std::function<void(done)>;

  void run(const std::string& key, step next) {
    auto& line = lines_[key];
    line.steps.push_back(std::move(next));
    if (line.steps.size() == 1) go_on(key);
  }

  /// Keys with a step under way.
  std::size_t active() const noexcept { return lines_.size(); }

 private:
  struct line_type {
    std::deque<step> steps;  ///< The first is under way.
    bool beginning = false;  ///< The first has not returned yet.
    bool over = false;       ///< It called done before it returned.
  };

  /// Begins steps until one is still under way when it returns; in a loop, so that steps which end at once do not pile
  /// up on the stack.
  void go_on(const std::string& key) {
    const auto at = lines_.find(key);
    auto& line = at->second;
    while (!line.steps.empty()) {
      line.beginning = true;
      line.over = false;
      const auto first = line.steps.front();
      first([this, key] { end(key); });
      line.beginning = false;
      if (!line.over) return;
      line.steps.pop_front();
    }
    lines_.erase(at);
  }

  /// The key by value: the caller's goes with its step.
  void end(std::string key) {
    auto& line = lines_.at(key);
    if (line.beginning) {
      line.over = true;
      return;
    }
    line.steps.pop_front();
    go_on(key);
  }

  std::map<std::string, line_type> lines_;
};

}  // namespace streamspace
