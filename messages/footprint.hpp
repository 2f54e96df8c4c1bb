#pragma once
#include <cstddef>
#include <streamspace/messages/json.hpp>
#include <streamspace/messages/session.hpp>
#include <streamspace/messages/user.hpp>
namespace streamspace {
std::size_t approximate_bytes(const json& j) noexcept;
std::size_t approximate_bytes(const session& s) noexcept;
std::size_t approximate_bytes(const user& u) noexcept;
}
