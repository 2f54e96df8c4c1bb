#include <algorithm>
#include <array>

#include <streamspace/messages/config_revision.hpp>

namespace streamspace {

namespace {

constexpr std::array<std::string_view, 3> kinds{"installed", "configured", "reverted"};

}  // namespace

std::string_view to_string(config_origin::kind what) noexcept {
  return kinds[static_cast<std::size_t>(what)];
}

std::optional<config_origin::kind> parse_config_origin_kind(std::string_view text) noexcept {
  const auto* const found = std::find(kinds.begin(), kinds.end(), text);
  if (found == kinds.end()) return std::nullopt;
  return static_cast<config_origin::kind>(found - kinds.begin());
}

void to_json(json& out, const config_revision& r) {
  out = json{{"revision", r.revision},
             {"at", to_rfc3339(r.at)},
             {"by", r.origin.by.empty() ? json(nullptr) : json(r.origin.by)},
             {"kind", to_string(r.origin.what)},
             {"config", r.config},
             {"current", r.current}};
  if (r.origin.reverted_to) out["revertedTo"] = *r.origin.reverted_to;
}

}  // namespace streamspace
