#pragma once

#include <exception>
#include <string>
#include <type_traits>

#include <caf/make_message.hpp>
#include <caf/result.hpp>

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

}  // namespace streamspace
