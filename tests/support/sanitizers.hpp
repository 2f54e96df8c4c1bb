#pragma once

namespace streamspace::testing {

/// Whether the program is built with a sanitizer, which makes it some times as slow.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace streamspace::testing
