#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/messages/caf/errors.hpp>
#include <streamspace/messages/caf/type_ids.hpp>

namespace streamspace {

/// Hashes and checks passwords, which takes tens of milliseconds of processor time by design, on threads of its own:
/// so many at once, the others wait in the order in which they came. Errors: what the functions throw; unavailable when
/// too many wait.
using password_actor =
    caf::typed_actor<caf::replies_to<atom::hash, std::string>::with<std::string>,
                     /// Hash and password; takes the same time when the hash is empty, and is false then.
                     caf::replies_to<atom::verify, std::string, std::string>::with<bool>>;

/// How passwords are hashed and checked; both block, and are called from several threads.
struct password_functions {
  std::function<std::string(std::string_view password)> hash;
  std::function<bool(std::string_view hash, std::string_view password)> verify;
};

struct password_options {
  std::size_t threads = 0;  ///< 0: as many as the machine has cores.
  std::size_t max_waiting = 256;
};

class password_state {
 public:
  static constexpr const char* name = "streamspace.password";
  using pointer = password_actor::stateful_pointer<password_state>;
  using refusal = std::function<void(const error&)>;
  /// Works on a thread's actor and calls `next` when that is free again.
  using job = std::function<void(const password_actor& worker, std::function<void()> next)>;

  password_state() = default;
  password_state(const password_state&) = delete;
  password_state& operator=(const password_state&) = delete;
  /// Refuses what waits.
  ~password_state();

  void begin(pointer self, password_functions functions, password_options options);
  void run(job work, refusal refuse);

 private:
  struct waiting_type {
    job work;
    refusal refuse;
  };

  void give(const password_actor& worker, const job& work);

  pointer self_ = nullptr;
  password_functions functions_;
  password_options options_;
  std::size_t threads_ = 0;
  std::vector<password_actor> idle_;
  std::deque<waiting_type> waiting_;
};

password_actor::behavior_type password_hasher(password_state::pointer self, password_functions functions,
                                              password_options options);

}  // namespace streamspace
