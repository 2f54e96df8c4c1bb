#include <algorithm>

#include <streamspace/actors/event_bus.hpp>

namespace streamspace {

namespace {

/// Longer waits are cut to this, so that no deadline is past what the clock can tell.
constexpr std::chrono::milliseconds longest_wait = std::chrono::hours{24};

}  // namespace

emit_report event_bus::emit(event_ptr e) {
  emit_report report;
  const auto routes = routes_.load();
  routes->for_each_match(e->type(), [&](const route& r) {
    if (!r.cell->is_open()) return;
    ++report.matched;
    if (r.cell->push(event_delivery{e, r.target, {}}))
      ++report.enqueued;
    else
      ++report.dropped;
  });
  return report;
}

sync_report event_bus::emit_sync(event_ptr e, std::chrono::milliseconds deadline) {
  const auto started = sync_call::clock::now();
  const auto routes = routes_.load();
  const auto call = std::make_shared<sync_call>(plugin_cell::current(), plugin_cell::current_call(), started);
  std::vector<const route*> matched;
  routes->for_each_match(e->type(), [&](const route& r) {
    if (!r.cell->is_open()) return;
    call->expect(r.cell->name(), r.target->pattern);
    matched.push_back(&r);
  });
  for (std::size_t i = 0; i < matched.size(); ++i)
    matched[i]->cell->push(event_delivery{e, matched[i]->target, sync_claim{call, i}});
  return call->wait_until(started + std::min(deadline, longest_wait));
}

}  // namespace streamspace
