#pragma once

#include <chrono>
#include <cstdint>

#include <streamspace/messages/json.hpp>

namespace streamspace {

/// What happens to an event that finds a plugin's inbox full. Whatever is dropped is counted and kept among the dead
/// letters. As JSON (in the member `inbox` of a manifest) the members in brackets; without them it stays as it is.
struct overflow_policy {
  enum class kind : std::uint8_t {
    drop_newest,  ///< The event itself is dropped.
    drop_oldest,  ///< Those that wait longest are dropped to make room.
    block,        ///< The emitter waits for room, at most for `patience`; then the event is dropped.
    fail,         ///< The event is dropped, and the emit's report names the plugin.
  };

  /// [overflow: "drop_newest" | "drop_oldest" | "block" | "fail"]
  kind what = kind::drop_newest;
  /// For `block`. An emitter in the turn of a plugin that could not make room before this turn ends does not wait.
  /// [patience_ms: 0 to 3,600,000]
  std::chrono::milliseconds patience{0};

  /// Whether an event may come through although the inbox is full.
  constexpr bool makes_room() const noexcept { return what == kind::drop_oldest || what == kind::block; }

  static constexpr overflow_policy drop_newest() noexcept { return {}; }
  static constexpr overflow_policy drop_oldest() noexcept { return {kind::drop_oldest, {}}; }
  static constexpr overflow_policy block(std::chrono::milliseconds at_most) noexcept { return {kind::block, at_most}; }
  static constexpr overflow_policy fail() noexcept { return {kind::fail, {}}; }
};

/// Unknown members are ignored. Throws error (invalid_argument, naming the member) and leaves `policy` alone when a
/// member is of the wrong kind or out of range.
void from_json(const json& in, overflow_policy& policy);

}  // namespace streamspace
