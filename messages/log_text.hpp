#pragma once

#include <string>

#include <streamspace/messages/json.hpp>

namespace streamspace {

/// A value as JSON text that is safe to show on a terminal: text that is not UTF-8 is mended, and control characters
/// (DEL, those of C1, and those that turn the direction of text or break lines too) are escaped.
std::string log_text(const json& value);

}  // namespace streamspace
