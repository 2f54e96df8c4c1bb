#pragma once

#include <string>
#include <string_view>

namespace streamspace::builtin {

/// What X-StreamSpace-Signature holds: "sha256=" and in hexadecimal the HMAC-SHA256 (RFC 2104) of timestamp, a dot and
/// the body. A receiver works out the same and compares; the timestamp lets it refuse what was recorded and sent again.
std::string signature_of(std::string_view secret, std::string_view timestamp, std::string_view body);

/// The SHA-256 of a text in hexadecimal.
std::string sha256_of(std::string_view text);

}  // namespace streamspace::builtin
