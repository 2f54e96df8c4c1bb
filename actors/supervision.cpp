#include <algorithm>
#include <array>
#include <string>

#include <streamspace/actors/supervision.hpp>
#include <streamspace/messages/error.hpp>

namespace streamspace {

namespace {

constexpr std::array<std::string_view, 3> strategies{"resume", "restart", "stop"};

[[noreturn]] void refuse(std::string_view member, std::string_view demand) {
  throw error{ec::invalid_argument, "supervision: '" + std::string{member} + "' must be " + std::string{demand}};
}

std::int64_t number(const json& in, std::string_view member, std::int64_t least, std::int64_t most, std::int64_t now) {
  const auto found = in.find(member);
  if (found == in.end()) return now;
  if (!found->is_number_integer() || *found < least || *found > most)
    refuse(member, "an integer from " + std::to_string(least) + " to " + std::to_string(most));
  return found->get<std::int64_t>();
}

}  // namespace

std::string_view to_string(supervision::strategy s) noexcept {
  return strategies.at(static_cast<std::size_t>(s));
}

void from_json(const json& in, supervision& s) {
  if (!in.is_object()) throw error{ec::invalid_argument, "supervision must be a JSON object"};
  auto read = s;
  if (const auto found = in.find("on_failure"); found != in.end()) {
    const auto* const text = found->get_ptr<const json::string_t*>();
    const auto known = text ? std::find(strategies.begin(), strategies.end(), *text) : strategies.end();
    if (known == strategies.end()) refuse("on_failure", R"("resume", "restart" or "stop")");
    read.on_failure = static_cast<supervision::strategy>(known - strategies.begin());
  }
  if (const auto found = in.find("restarts"); found != in.end()) found->get_to(read.restarts);
  read.most_attempts = static_cast<unsigned>(number(in, "most_attempts", 1, 255, read.most_attempts));
  read.quarantine_after =
      static_cast<unsigned>(number(in, "quarantine_after", 0, 1'000'000'000, read.quarantine_after));
  read.handler_deadline = std::chrono::milliseconds{number(in, "handler_deadline_ms", 0,
                                                           std::chrono::milliseconds{std::chrono::hours{24}}.count(),
                                                           read.handler_deadline.count())};
  s = read;
}

}  // namespace streamspace
