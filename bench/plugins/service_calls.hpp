#pragma once

#include <cstddef>

namespace streamspace::bench {

/// Thousands of calls a second of one plugin's service by another, one after the other, each of which is waited for.
double service_calls(std::size_t count);
/// The same, which nobody waits for; until the last is answered.
double service_calls_then(std::size_t count);
/// For comparison: requests from one CAF actor to another, one after the other.
double caf_requests(std::size_t count);

/// Thousands of events a second that reach a plugin: a class, or an actor.
double events_to_a_class(std::size_t count);
double events_to_an_actor(std::size_t count);

}  // namespace streamspace::bench
