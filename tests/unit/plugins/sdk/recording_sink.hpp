#pragma once

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <streamspace/plugins/sdk/registrations.hpp>

namespace streamspace::testing {

/// Keeps what is published, and refuses a kind when told to.
class recording_sink final : public registration_sink {
 public:
  enum class kind { subscriptions, routes, components };

  void publish(const std::vector<subscription_ptr>& items) override { take(kind::subscriptions, subscriptions, items); }
  void publish(const std::vector<plugin_route_ptr>& items) override { take(kind::routes, routes, items); }
  void publish(const std::vector<ui_component>& items) override { take(kind::components, components, items); }

  std::vector<std::string> patterns() const {
    std::vector<std::string> all;
    for (const auto& s : subscriptions) all.push_back(s->pattern);
    return all;
  }
  std::vector<std::string> paths() const {
    std::vector<std::string> all;
    for (const auto& r : routes) all.push_back(r->method + " " + r->path);
    return all;
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> all;
    for (const auto& c : components) all.push_back(c.id);
    return all;
  }

  std::vector<subscription_ptr> subscriptions;
  std::vector<plugin_route_ptr> routes;
  std::vector<ui_component> components;
  std::set<kind> refused;
  int published = 0;

 private:
  template <class Items>
  void take(kind k, Items& kept, const Items& items) {
    if (refused.contains(k)) throw std::runtime_error{"the registry is gone"};
    kept = items;
    ++published;
  }
};

}  // namespace streamspace::testing
