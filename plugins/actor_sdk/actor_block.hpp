#pragma once

#include <cstddef>
#include <memory>

#include <caf/actor_control_block.hpp>
#include <caf/fwd.hpp>

namespace streamspace {

/// The memory of an actor that is made of a plugin's code: laid out as CAF expects it, but the code stays in memory
/// until nobody refers to the actor any more, not even weakly, and is let go by code of the program.
class actor_block {
 public:
  using destructor = void (*)(caf::abstract_actor*);

  /// Room for an actor of so many bytes, and its control block with the first reference to it.
  actor_block(caf::actor_system& system, std::size_t actor_bytes, std::shared_ptr<const void> code, destructor destroy);
  actor_block(const actor_block&) = delete;
  actor_block& operator=(const actor_block&) = delete;
  /// Frees it, unless it was taken.
  ~actor_block();

  /// Where the actor is to be made.
  void* place() const noexcept;
  /// Once the actor is there.
  caf::strong_actor_ptr take() noexcept;

 private:
  caf::actor_control_block* block_;
};

}  // namespace streamspace
