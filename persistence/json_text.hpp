#pragma once

#include <string>

#include <streamspace/messages/json.hpp>

namespace streamspace {

/// JSON as text that PostgreSQL's jsonb takes and gives back without loss. Errors: invalid_argument, saying what it
/// cannot hold: text that is not UTF-8 or has NUL characters, numbers that are not finite, more than 512 levels.
std::string to_jsonb_text(const json& value);

}  // namespace streamspace
