#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <streamspace/messages/json.hpp>
#include <streamspace/messages/time.hpp>

namespace streamspace {

/// How a configuration came to be a plugin's.
struct config_origin {
  enum class kind : std::uint8_t {
    installed,   ///< With an installation, the first or a later one.
    configured,  ///< Somebody set it.
    reverted,    ///< Somebody went back to it.
  };

  kind what = kind::configured;
  std::optional<int> reverted_to;  ///< Of one that was reverted: the revision that had it.
  std::string by;                  ///< Who did it (principal::subject); empty when nobody was signed in.

  friend bool operator==(const config_origin&, const config_origin&) = default;
};

std::string_view to_string(config_origin::kind what) noexcept;
std::optional<config_origin::kind> parse_config_origin_kind(std::string_view text) noexcept;

/// A configuration that a plugin has or had.
struct config_revision {
  /// So many are kept of a plugin; older ones are forgotten when it gets another configuration.
  static constexpr int most = 100;

  int revision = 0;  ///< From 1, one more with each configuration of the plugin.
  timestamp at{};
  config_origin origin;
  json config = json::object();  ///< As it was set, without what defaults filled in.
  bool current = false;          ///< Whether it is the one that is recorded now.
};

/// {revision, at, by (null when nobody was signed in), kind, revertedTo?, config, current}
void to_json(json& out, const config_revision& r);

}  // namespace streamspace
