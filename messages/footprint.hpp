#pragma once

#include <cstddef>

#include <streamspace/messages/json.hpp>
#include <streamspace/messages/session.hpp>
#include <streamspace/messages/user.hpp>

/// About how many bytes of memory a value takes with all that it holds, for bounds on queues.
namespace streamspace {

/// Takes as long as the value has parts. What is nested deeper than 64 levels is not counted. Does not recurse.
std::size_t approximate_bytes(const json& value) noexcept;
std::size_t approximate_bytes(const session& s) noexcept;
std::size_t approximate_bytes(const user& u) noexcept;

}  // namespace streamspace
