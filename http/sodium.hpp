#pragma once

namespace streamspace {

/// Makes libsodium ready; every use of it calls this first. Thread-safe and cheap after the first call. Throws error
/// (internal) when the library cannot be used here.
void use_sodium();

}  // namespace streamspace
