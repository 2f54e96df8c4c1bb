#pragma once

#include <streamspace/plugins/sdk/service_port.hpp>

/// What whoever does a call says when it is not done.
namespace streamspace {

/// The provider offers nothing of this type.
error not_offered(const service_request& what);
/// What the call threw: an error as it is, anything else as plugin_failed. In a catch block.
error thrown_by(const service_request& what);

}  // namespace streamspace
