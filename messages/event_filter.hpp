#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <streamspace/messages/error.hpp>

namespace streamspace {

class event;
struct filter_program;

/// A condition on events, parsed once and asked often:
///
///     data.user_id == "u7" && (data.cpu >= 2 || !exists data.limits)
///
/// - Values: `type`, `source`, `id`, `data` and what stands in it (`data.a.b`, `data["odd key"]`, `data.list[0]`), and
///   JSON strings, numbers, true, false and null. What is not there is null.
/// - Tests: == != < <= > >=, `VALUE in ["a", 1]`, `VALUE contains VALUE` (a part of a string, or an item of an array),
///   `VALUE starts_with VALUE` and `exists data.a` (it is there, be it null).
/// - Joined by ! && || and parentheses; && binds closer than ||.
///
/// Only numbers and numbers, and strings and strings (by bytes), have an order: < <= > >= of anything else is false.
/// Values of unlike kinds are unequal; arrays and objects nested deeper than 64 levels are equal to nothing.
///
/// Cheap to copy. Thread-safe.
class event_filter {
 public:
  static constexpr std::size_t longest_text = 4096;
  static constexpr int deepest_nesting = 64;

  /// Errors: invalid_argument with the place in bytes from 1 on, also as the fact "column", and what was expected
  /// there: "column 14: expected a value after ==".
  static result<event_filter> parse(std::string_view text);

  bool admits(const event& e) const noexcept;

  /// Whether admits() may look at event::data(), which a typed payload has to build first.
  bool reads_data() const noexcept;

  /// What was parsed.
  const std::string& text() const noexcept;

 private:
  explicit event_filter(std::shared_ptr<const filter_program> program) : program_{std::move(program)} {}

  std::shared_ptr<const filter_program> program_;
};

}  // namespace streamspace
