#pragma once

#include <string>
#include <string_view>

#include <streamspace/http/signing_key.hpp>
#include <streamspace/messages/http_message.hpp>
#include <streamspace/messages/time.hpp>

namespace streamspace {

/// Issues and verifies the tokens that callers sign in with: JSON Web Tokens (RFC 7519), HS256. The algorithm is the
/// key's, never the token's choice. The clock comes in as an argument. Thread-safe; nothing blocks.
class token_authority {
 public:
  static constexpr std::size_t max_token_bytes = 8 * 1024;
  static constexpr std::string_view issuer = "streamspace";

  /// `leeway` is what the clocks of two machines may differ, 0 to 60 s; throws error (invalid_argument) beyond that.
  explicit token_authority(signing_key key, duration leeway = std::chrono::seconds{30});

  /// A token with sub, role, permissions, iat, exp, jti and iss, good from `now` (whole seconds) for `ttl`. Throws
  /// error (invalid_argument) when the subject is empty, a name is not UTF-8, `ttl` is under a second or over ten
  /// years, or the token would be longer than 8 KiB.
  std::string issue(const principal& who, duration ttl, timestamp now) const;

  /// Who `token` speaks for. Errors: ec::unauthenticated, with a sentence that may be shown to the caller.
  result<principal> verify(std::string_view token, timestamp now) const;

 private:
  signing_key key_;
  duration leeway_;
};

}  // namespace streamspace
