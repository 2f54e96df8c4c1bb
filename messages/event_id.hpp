#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace streamspace {

/// What tells one event from every other: 128 bits, made without a lock or a system call, written out only when
/// somebody asks. Ids of one thread are consecutive; they say nothing about order between threads.
class event_id {
 public:
  /// A new one. Thread-safe.
  static event_id next() noexcept;

  /// As a UUID of version 8 (RFC 9562, section 5.8), lower case.
  std::string to_string() const;

  /// Reads what to_string() wrote, in either case of letters; nothing for any other text.
  static std::optional<event_id> parse(std::string_view text) noexcept;

  friend bool operator==(const event_id&, const event_id&) = default;

 private:
  constexpr event_id(std::uint64_t thread, std::uint64_t number) noexcept : thread_{thread}, number_{number} {}

  std::uint64_t thread_;  ///< Random, one for each thread.
  std::uint64_t number_;
};

}  // namespace streamspace
