#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cli/demo_observation.hpp>
#include <cli/demo_record.hpp>

namespace streamspace {

/// The name of the plugin that throws at every event.
inline constexpr std::string_view demo_thrower_name = "demo-thrower";
/// What the webhook is subscribed to.
inline constexpr std::array demo_webhook_steps{demo_step::create_user, demo_step::delete_session};

struct demo_check {
  std::string name;  ///< The claim: "audit has every event exactly once"
  bool ok = false;
  std::string detail;  ///< What was counted, or what contradicts the claim.
};

struct demo_size {
  int users = 0;
  int sessions = 0;
};

/// Whether everything happened that should have, and nothing else: what the clients recorded against what was found.
std::vector<demo_check> judge(const demo_size& wanted, const demo_record& record, const demo_observation& found);

bool all_hold(const std::vector<demo_check>& checks) noexcept;

}  // namespace streamspace
