#include <array>

#include <streamspace/actors/supervision.hpp>
#include <streamspace/messages/json_members.hpp>

namespace streamspace {

namespace {

constexpr std::array<std::string_view, 3> strategies{"resume", "restart", "stop"};

}  // namespace

std::string_view to_string(supervision::strategy s) noexcept {
  return strategies.at(static_cast<std::size_t>(s));
}

void from_json(const json& in, supervision& s) {
  using namespace json_members;
  demand_object(in, "supervision");
  auto read = s;
  read_name(in, "on_failure", strategies, read.on_failure);
  if (const auto found = in.find("restarts"); found != in.end()) found->get_to(read.restarts);
  read_number(in, "most_attempts", 1, 255, read.most_attempts);
  read_number(in, "quarantine_after", 0, 1'000'000'000, read.quarantine_after);
  read_duration(in, "handler_deadline_ms", std::chrono::milliseconds{0},
                std::chrono::milliseconds{std::chrono::hours{24}}, read.handler_deadline);
  s = read;
}

}  // namespace streamspace
