#pragma once

#include <chrono>
#include <type_traits>
#include <utility>

#include <caf/response_handle.hpp>
#include <caf/scoped_actor.hpp>

#include <streamspace/messages/caf/errors.hpp>
#include <streamspace/plugins/sdk/blocking_scope.hpp>

namespace streamspace {

/// Asks an actor from a thread that is none and blocks for the answer, at most for the timeout.
template <class Result, class Handle, class... Args>
result<Result> ask(caf::actor_system& system, const Handle& whom, std::chrono::milliseconds timeout, Args&&... args) {
  const blocking_scope waits;
  caf::scoped_actor self{system};
  result<Result> answer = failure(ec::internal, "no answer");
  const auto failed = [&](const caf::error& e) { answer = tl::unexpected<error>{from_caf(e)}; };
  auto handle = self->request(whom, timeout, std::forward<Args>(args)...);
  if constexpr (std::is_void_v<Result>)
    handle.receive([&] { answer = {}; }, failed);
  else
    handle.receive([&](Result& value) { answer = std::move(value); }, failed);
  return answer;
}

}  // namespace streamspace
