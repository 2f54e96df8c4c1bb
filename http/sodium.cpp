#include <sodium.h>

#include <streamspace/http/sodium.hpp>
#include <streamspace/messages/error.hpp>

namespace streamspace {

void use_sodium() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) throw error{ec::internal, "libsodium cannot be used on this machine: it found no source of randomness"};
}

}  // namespace streamspace
