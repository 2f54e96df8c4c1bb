#include <algorithm>

#include <bench/bus/caf_fan_out.hpp>
#include <bench/bus/delivery_load.hpp>
#include <caf/all.hpp>

#include <streamspace/messages/event.hpp>

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::event_ptr)

namespace streamspace::bench {

namespace {

caf::behavior subscriber(caf::event_based_actor*, delivery_counters::counter* handled) {
  return {[handled](const event_ptr&) { handled->add_one(); }};
}

double fan_out_with(std::size_t workers, std::size_t subscribers) {
  caf::actor_system_config config;
  config.set("scheduler.max-threads", workers);
  caf::actor_system system{config};
  delivery_counters handled{subscribers};
  std::vector<caf::actor> actors;
  for (std::size_t i = 0; i < subscribers; ++i) actors.push_back(system.spawn(subscriber, &handled[i]));
  const auto rate = deliveries_per_second(handled, 1, [&] {
    const event_ptr e = std::make_shared<const event>("bench.tick");
    for (const auto& a : actors) caf::anon_send(a, e);
  });
  for (const auto& a : actors) caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
  return rate;
}

}  // namespace

double caf_fan_out(std::size_t subscribers) {
  return std::max(fan_out_with(2, subscribers), fan_out_with(4, subscribers));
}

}  // namespace streamspace::bench
