#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include <streamspace/actors/flight_block.hpp>
#include <streamspace/actors/prefetch.hpp>

namespace streamspace {

/// The block to which a thread adds its small events.
class open_flight_block {
 public:
  open_flight_block() = default;
  open_flight_block(const open_flight_block&) = delete;
  open_flight_block& operator=(const open_flight_block&) = delete;
  ~open_flight_block() { close(); }

  /// For one departure at a time: an emit that begins within another one gets a block for itself.
  flight_block& begin() {
    if (departing_) return flight_block::make(1);
    if (!block_) block_ = &flight_block::make(flight_block::shared_by);
    departing_ = true;
    return *block_;
  }
  void end() noexcept {
    departing_ = false;
    if (block_->is_full()) close();
  }

  /// The calling thread's.
  static open_flight_block& mine() noexcept {
    thread_local open_flight_block block;
    return block;
  }

 private:
  void close() noexcept {
    if (block_) std::exchange(block_, nullptr)->close();
  }

  flight_block* block_ = nullptr;
  bool departing_ = false;
};

flight_block& flight_block::make(std::uint32_t places) {
  static_assert(alignof(place) <= alignof(flight_block));
  return *new (::operator new(sizeof(flight_block) + places * sizeof(place))) flight_block{places};
}

flight_block::place* flight_block::at(std::uint32_t i) noexcept {
  return reinterpret_cast<place*>(reinterpret_cast<std::byte*>(this + 1)) + i;
}

flight_block::~flight_block() {
  for (std::uint32_t i = 0; i < used_; ++i) std::destroy_at(at(i));
}

flight& flight_block::add(event&& e) {
  auto* const made = std::construct_at(at(used_), *this, std::move(e));
  // The next place is in the hands of the processor that handled what was there before.
  if (++used_ < places_)
    for (std::size_t line = 0; line < sizeof(place); line += 64)
      prefetch_for_write(reinterpret_cast<const std::byte*>(at(used_)) + line);
  return made->of;
}

void flight_block::count(std::uint32_t handed_out) noexcept {
  handed_out_ += handed_out;
  // Nobody has seen the event: its place is free again.
  if (handed_out == 0) std::destroy_at(at(--used_));
}

event_ptr flight_block::share(const event& e) {
  if (places_ > 1) return std::make_shared<const event>(e);
  retain(1);
  return {&e, [this](const event*) { release(); }};
}

flight_block::departure::departure(event&& e)
    : block_{e.footprint() > small ? make(1) : open_flight_block::mine().begin()}, flight_{block_.add(std::move(e))} {}

flight_block::departure::~departure() {
  block_.count(handed_out_);
  if (block_.places_ == 1)
    block_.close();
  else
    open_flight_block::mine().end();
}

}  // namespace streamspace
