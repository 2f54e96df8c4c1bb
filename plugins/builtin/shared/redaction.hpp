#pragma once

#include <string_view>

#include <streamspace/messages/json.hpp>

namespace streamspace::builtin {

/// Whether a member of this name is likely to hold a secret: password, token, api_key, Authorization and their like, in
/// any case, singular or plural, with or without separators, alone or at the end of a longer name ("clientSecret").
bool names_a_secret(std::string_view member) noexcept;

/// A copy that may be kept and shown: values of members that name a secret are "***" at any depth; text is valid UTF-8
/// without NUL (PostgreSQL's jsonb holds neither), with U+FFFD for what was not; below 64 levels of nesting a value is
/// "...".
json redacted(const json& value);

}  // namespace streamspace::builtin
