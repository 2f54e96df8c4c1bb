#include <algorithm>

#include <streamspace/plugins/sdk/service_answers.hpp>
#include <streamspace/plugins/testing/harness_peers.hpp>

namespace streamspace::testing {

result<void> provided_services::call(service_request what, std::chrono::milliseconds) {
  const auto of_provider = [&](const auto& each) { return each.provider == what.provider; };
  if (std::none_of(all_.begin(), all_.end(), of_provider))
    return failure(ec::unavailable, "plugin " + what.provider + ", which is asked for the service " + what.type.text() +
                                        ", is not there; give the harness what stands for it as `services`");
  const auto its = std::find_if(all_.begin(), all_.end(),
                                [&](const auto& each) { return of_provider(each) && each.type == what.type; });
  if (its == all_.end()) return tl::unexpected<error>{not_offered(what)};
  try {
    what.run(its->object.get());
    return {};
  } catch (...) {
    return tl::unexpected<error>{thrown_by(what)};
  }
}

result<void> offered_services::call(service_request what, std::chrono::milliseconds) {
  auto [answer, outcome] = bus_.in_turn([&] { return instance_->serve(what); });
  if (!outcome.ok()) bus_.log_failure("a call of " + what.type.text(), outcome);
  static_cast<void>(bus_.run());
  return std::move(answer);
}

}  // namespace streamspace::testing
