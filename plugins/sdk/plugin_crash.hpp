#pragma once

#include <streamspace/messages/error.hpp>

namespace streamspace {

/// What a hook or handler throws whose plugin cannot go on as it is: a lost invariant, a broken connection that only a
/// new start brings back. The runtime puts a new instance in its place, which goes on with the events that this one had
/// not handled; the event at hand is tried again, a few times at most.
class plugin_crash : public error {
 public:
  explicit plugin_crash(std::string why) : error{ec::plugin_failed, std::move(why)} {}
};

}  // namespace streamspace
