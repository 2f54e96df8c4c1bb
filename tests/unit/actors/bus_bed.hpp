#pragma once

#include <atomic>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "cell_bed.hpp"
#include <streamspace/actors/event_bus.hpp>

namespace streamspace::testing {

/// What the event_bus actor would publish for these plugins.
inline std::unique_ptr<routing_snapshot> table_of(std::initializer_list<const cell_bed*> beds) {
  auto routes = std::make_unique<routing_snapshot>();
  for (const auto* bed : beds)
    for (const auto& s : bed->subscriptions) routes->add(s, bed->cell);
  routes->seal();
  return routes;
}

inline event an_event(std::string type) {
  return event{std::move(type)};
}

inline std::function<void(plugin_context&)> hears(std::string pattern, std::atomic<int>& count) {
  return [pattern, &count](plugin_context& ctx) { ctx.events().on(pattern, [&count](const event&) { ++count; }); };
}

}  // namespace streamspace::testing
