#pragma once

#include <string>
#include <vector>

#include <streamspace/messages/json.hpp>

namespace streamspace {

/// JSON as text that PostgreSQL's jsonb takes and gives back without loss. Errors: invalid_argument, saying what it
/// cannot hold: text that is not UTF-8 or has NUL characters, numbers that are not finite, more than 512 levels.
std::string to_jsonb_text(const json& value);
/// So deep it may nest.
inline constexpr unsigned deepest_jsonb = 512;

/// Values that are JSON text already as one array of them.
std::string jsonb_array_text(const std::vector<std::string>& values);

/// The text without what the database cannot hold: NUL bytes become spaces, what is not UTF-8 a replacement character.
std::string fit_for_sql(std::string text);

}  // namespace streamspace
