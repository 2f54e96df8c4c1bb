#pragma once

#include <functional>
#include <memory>

#include <streamspace/http/token_authority.hpp>

namespace streamspace {

/// Says who makes a request: a principal that is not signed in when it brings no credentials, ec::unauthenticated when
/// they do not hold. Called on I/O threads, several at once: must not block.
using authenticator = std::function<result<principal>(const request&)>;

/// Reads `Authorization: Bearer TOKEN` (RFC 6750, section 2.1). `clock` is streamspace::now but in tests.
authenticator bearer_authentication(std::shared_ptr<const token_authority> authority, std::function<timestamp()> clock);

}  // namespace streamspace
