#pragma once

#include <string>

#include <streamspace/plugins/schedule/cron_expression.hpp>

namespace streamspace {

/// When an expression is due, in words for people ("at 09:00 and 17:00, Monday to Friday"). Expressions that are due at
/// different times are described differently. What happens when clocks change is not said.
std::string describe(const cron_expression& expression);

}  // namespace streamspace
