#pragma once

#include <exception>
#include <functional>
#include <string>
#include <type_traits>

#include <caf/make_message.hpp>
#include <caf/result.hpp>
#include <caf/typed_response_promise.hpp>

#include <streamspace/messages/caf/errors.hpp>

namespace streamspace {

/// What the exception in flight says as our error. Call it inside a catch block.
inline error current_error() {
  try {
    throw;
  } catch (const error& e) {
    return e;
  } catch (const std::exception& e) {
    return {ec::internal, std::string{"a step of the runtime failed: "} + e.what()};
  }
}

/// What step() returns or throws.
template <class Step>
auto attempted(Step&& step) -> result<decltype(step())> {
  try {
    return step();
  } catch (const std::exception&) {
    return tl::unexpected<error>{current_error()};
  }
}

/// Runs `call` in an actor's handler: what it returns or throws is the answer, and the actor goes on.
template <class T, class Call>
caf::result<T> answer(Call&& call) {
  try {
    if constexpr (std::is_void_v<T>) {
      call();
      return caf::unit;
    } else {
      return call();
    }
  } catch (const std::exception&) {
    return to_caf(current_error());
  }
}

/// Begins something in an actor's handler that replies once, now or later: that answers the request. What it throws
/// before it has replied answers too, and does not end the actor.
template <class T, class Self, class Work>
caf::typed_response_promise<T> promised(Self* self, Work&& work) {
  auto promise = self->template make_response_promise<T>();
  const std::function<void(result<T>)> reply = [promise](result<T> r) mutable {
    r ? promise.deliver(std::move(*r)) : promise.deliver(to_caf(r.error()));
  };
  try {
    work(reply);
  } catch (const std::exception&) {
    reply(tl::unexpected<error>{current_error()});
  }
  return promise;
}

}  // namespace streamspace
