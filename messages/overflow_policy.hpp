#pragma once

#include <chrono>
#include <cstdint>

namespace streamspace {

/// What happens to an event that finds a plugin's inbox full. Whatever is dropped is counted and kept among the dead
/// letters.
struct overflow_policy {
  enum class kind : std::uint8_t {
    drop_newest,  ///< The event itself is dropped.
    drop_oldest,  ///< Those that wait longest are dropped to make room.
    block,        ///< The emitter waits for room, at most for `patience`; then the event is dropped.
    fail,         ///< The event is dropped, and the emit's report names the plugin.
  };

  kind what = kind::drop_newest;
  /// For `block`. An emitter in the turn of a plugin that could not make room before this turn ends does not wait.
  std::chrono::milliseconds patience{0};

  static constexpr overflow_policy drop_newest() noexcept { return {}; }
  static constexpr overflow_policy drop_oldest() noexcept { return {kind::drop_oldest, {}}; }
  static constexpr overflow_policy block(std::chrono::milliseconds at_most) noexcept { return {kind::block, at_most}; }
  static constexpr overflow_policy fail() noexcept { return {kind::fail, {}}; }
};

}  // namespace streamspace
