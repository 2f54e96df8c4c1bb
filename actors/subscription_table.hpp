#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <streamspace/actors/spin_lock.hpp>
#include <streamspace/plugins/sdk/registrations.hpp>

namespace streamspace {

/// The handlers of one plugin by their places, so that a delivery names a place and holds nothing. In the plugin's turn
/// only.
class subscription_table {
 public:
  /// What the plugin has subscribed to now. Newcomers get a key: that of a parked place with the same pattern if there
  /// is one. Places of those that are gone are vacated.
  void assign(const std::vector<subscription_ptr>& now);

  /// Takes all handlers out but keeps their places for the next assign(), so that what is queued for them finds the
  /// handlers of the plugin's next instance.
  void park();
  /// Vacates the places that are still parked.
  void release_parked();

  /// The subscription at this place; null when it was vacated or is parked. Stays alive until forget_gone().
  subscription* find(subscription_key key) const noexcept {
    if (key.place >= places_.size()) return nullptr;
    const auto& p = places_[key.place];
    return p.generation == key.generation ? p.present.get() : nullptr;
  }
  /// The pattern of what stands at this place or stood there last. Any thread.
  std::string pattern_of(subscription_key key) const;
  /// Takes the subscriptions with this pattern out of quarantine; how many.
  std::size_t release_quarantined(const std::string& pattern);
  void release_all();
  /// Whether any is in quarantine, parked ones too.
  bool has_quarantined() const noexcept;

  /// Destroys the handlers that are gone, whoever still holds their subscriptions; when none of them runs.
  void forget_gone() {
    if (gone_.empty()) return;
    for (const auto& s : gone_) s->handler = nullptr;
    gone_.clear();
  }

 private:
  struct place {
    std::uint32_t generation = 0;
    subscription_ptr present;
    std::string parked_pattern;  ///< Empty unless it is parked.
    bool quarantined = false;    ///< While it is parked.
    bool wanted = false;
  };

  void seat(const subscription_ptr& newcomer);
  void vacate(std::uint32_t at);

  std::vector<place> places_;
  std::vector<std::uint32_t> free_;
  std::vector<subscription_ptr> gone_;
  std::size_t parked_ = 0;
  mutable spin_lock patterns_lock_;
  std::vector<std::string> patterns_;  ///< By place.
};

}  // namespace streamspace
