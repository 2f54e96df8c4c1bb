#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <streamspace/messages/json.hpp>

namespace streamspace {

class event;

/// Where a filter takes a value from.
struct filter_operand {
  enum class origin : std::uint8_t { type, source, id, data, literal };
  /// The name of a member or the index of an item.
  using path_part = std::variant<std::string, std::size_t>;

  origin from = origin::literal;
  std::vector<path_part> path;  ///< From data on.
  json literal;
};

enum class filter_operator : std::uint8_t {
  equal,
  unequal,
  less,
  at_most,
  greater,
  at_least,
  in,  ///< The right side is a literal array.
  contains,
  starts_with,
  exists,  ///< There is no right side.
};

struct filter_test {
  filter_operand left;
  filter_operator op;
  filter_operand right;
};

/// One step of a filter that works on the outcome of the test before it.
struct filter_step {
  enum class action : std::uint8_t { test, negate, go_if_true, go_if_false };
  action what;
  std::uint32_t index = 0;  ///< Of the test, or of the step to go to.
};

/// A parsed event_filter. The steps are run in order and never backwards, so a run ends after as many as there are.
struct filter_program {
  std::string text;
  std::vector<filter_test> tests;
  std::vector<filter_step> steps;
  bool reads_data = false;

  bool admits(const event& e) const noexcept;
};

}  // namespace streamspace
