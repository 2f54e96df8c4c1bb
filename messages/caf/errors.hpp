#pragma once

#include <caf/error.hpp>
#include <caf/message.hpp>

#include <streamspace/messages/error.hpp>

CAF_ERROR_CODE_ENUM(streamspace::ec, "ss")

namespace streamspace {

/// Our error in the shape in which actors answer it; code, message and facts survive the way.
caf::error to_caf(const error& e);

/// The error that an actor answered, whoever made it: a request's timeout becomes ec::timeout, a receiver that is gone
/// ec::unavailable.
error from_caf(const caf::error& e);

}  // namespace streamspace
