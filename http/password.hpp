#pragma once

#include <string>
#include <string_view>

namespace streamspace {

/// The most bytes a password may have; longer ones are refused by hash_password and never match.
inline constexpr std::size_t max_password_bytes = 1024;

/// An argon2id hash (19 MiB, 2 passes, as OWASP's password storage sheet has it) in the PHC format, with a salt of its
/// own. Blocks for tens of milliseconds of processor time: never call it on an I/O thread. Thread-safe. Throws error
/// (invalid_argument) when the password is empty or too long, (unavailable) when the memory cannot be had.
std::string hash_password(std::string_view password);

/// Whether `hash` was made from `password`. Blocks as long as hash_password, and just as long when `hash` is empty or
/// none of ours, so that the time tells nobody which users exist. Thread-safe; does not throw.
bool verify_password(std::string_view hash, std::string_view password) noexcept;

/// Whether `hash` was made with other costs than hash_password takes now, so that it should be made anew at the next
/// login.
bool wants_rehash(std::string_view hash) noexcept;

}  // namespace streamspace
