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
inline std::unique_ptr<event_bus::table> table_of(std::initializer_list<const cell_bed*> beds) {
  auto table = std::make_unique<event_bus::table>();
  for (const auto* bed : beds)
    for (const auto& s : bed->subscriptions)
      table->add(s->pattern, s->priority, event_bus::route{s, s->key, bed->cell});
  table->seal();
  return table;
}

inline event an_event(std::string type) {
  return event{std::move(type)};
}

inline std::function<void(plugin_context&)> hears(std::string pattern, std::atomic<int>& count) {
  return [pattern, &count](plugin_context& ctx) { ctx.events().on(pattern, [&count](const event&) { ++count; }); };
}

}  // namespace streamspace::testing
