#include <streamspace/actors/inbox_limits.hpp>
#include <streamspace/messages/json_members.hpp>

namespace streamspace {

void from_json(const json& in, inbox_limits& limits) {
  using namespace json_members;
  demand_object(in, "inbox");
  auto read = limits;
  read_number(in, "events", 1, std::int64_t{1} << 24, read.events);
  read_number(in, "requests", 1, std::int64_t{1} << 20, read.requests);
  read_number(in, "bytes", 1'024, std::int64_t{1} << 40, read.event_bytes);
  limits = read;
}

}  // namespace streamspace
