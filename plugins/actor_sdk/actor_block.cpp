#include <new>
#include <utility>

#include <caf/abstract_actor.hpp>
#include <caf/actor_system.hpp>

#include <streamspace/plugins/actor_sdk/actor_block.hpp>

namespace streamspace {

namespace {

constexpr std::size_t line = CAF_CACHE_LINE_SIZE;

/// What lies before CAF's control block.
struct header {
  std::shared_ptr<const void> code;
  actor_block::destructor destroy;
};
static_assert(sizeof(header) <= line && sizeof(caf::actor_control_block) <= line);

header* header_of(caf::actor_control_block* block) {
  return reinterpret_cast<header*>(reinterpret_cast<std::byte*>(block) - line);
}

void destroy_actor(caf::abstract_actor* actor) {
  actor->on_destroy();
  header_of(caf::actor_control_block::from(actor))->destroy(actor);
}

void destroy_block(caf::actor_control_block* block) {
  auto* const its = header_of(block);
  const auto code = std::move(its->code);
  std::destroy_at(block);
  std::destroy_at(its);
  ::operator delete (its, std::align_val_t{line});
}

}  // namespace

actor_block::actor_block(caf::actor_system& system, std::size_t actor_bytes, std::shared_ptr<const void> code,
                         destructor destroy) {
  auto* const memory = static_cast<std::byte*>(::operator new (2 * line + actor_bytes, std::align_val_t{line}));
  ::new (memory) header{std::move(code), destroy};
  auto node = system.node();
  block_ = ::new (memory + line)
      caf::actor_control_block{system.next_actor_id(), node, &system, destroy_actor, destroy_block};
}

actor_block::~actor_block() {
  if (block_) destroy_block(block_);
}

void* actor_block::place() const noexcept {
  return block_->get();
}

caf::strong_actor_ptr actor_block::take() noexcept {
  return {std::exchange(block_, nullptr), false};
}

}  // namespace streamspace
