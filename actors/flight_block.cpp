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

  /// One departure at a time: an emit that begins within another one gets a block for itself.
  bool is_free() const noexcept { return !departing_; }
  flight& begin(event&& e, event_type_number type, std::uint32_t bytes) {
    if (!block_) block_ = &flight_block::make(flight_block::shared_by);
    departing_ = true;
    auto& added = block_->add(used_++, std::move(e), type, bytes);
    // The next place is in the hands of the processor that handled what was there before.
    if (used_ < flight_block::shared_by)
      for (std::size_t line = 0; line < sizeof(flight); line += 64)
        prefetch_for_write(reinterpret_cast<const std::byte*>(block_->at(used_)) + line);
    return added;
  }
  void end(std::uint32_t handed_out) noexcept {
    departing_ = false;
    handed_out_ += handed_out;
    // Nobody has seen the event: its place is free again.
    if (handed_out == 0) std::destroy_at(block_->at(--used_));
    if (used_ == flight_block::shared_by) close();
  }

  /// The calling thread's.
  static open_flight_block& mine() noexcept {
    thread_local open_flight_block block;
    return block;
  }

 private:
  void close() noexcept {
    if (block_) std::exchange(block_, nullptr)->close(std::exchange(used_, 0), std::exchange(handed_out_, 0));
  }

  flight_block* block_ = nullptr;
  std::uint32_t used_ = 0;
  std::uint32_t handed_out_ = 0;
  bool departing_ = false;
};

namespace {

/// Where the flights of a block begin.
constexpr std::size_t first_place = alignof(flight);

}  // namespace

flight_block& flight_block::make(std::uint32_t places) {
  static_assert(sizeof(flight_block) <= first_place);
  return *new (::operator new (first_place + places * sizeof(flight), std::align_val_t{alignof(flight)}))
      flight_block{places};
}

flight* flight_block::at(std::uint32_t i) noexcept {
  return reinterpret_cast<flight*>(reinterpret_cast<std::byte*>(this) + first_place) + i;
}

flight_block::~flight_block() {
  for (std::uint32_t i = 0; i < used_; ++i) std::destroy_at(at(i));
}

flight& flight_block::add(std::uint32_t i, event&& e, event_type_number type, std::uint32_t bytes) noexcept {
  return *std::construct_at(at(i), *this, flight::kind::events, type, std::move(e), bytes);
}

event_ptr flight_block::share(const event& e) {
  if (places_ > 1) return std::make_shared<const event>(e);
  retain(1);
  return {&e, [this](const event*) { release(); }};
}

flight_block::departure::departure(event&& e, event_type_number type)
    : departure{std::move(e), type, static_cast<std::uint32_t>(e.footprint())} {}

flight_block::departure::departure(event&& e, event_type_number type, std::uint32_t bytes)
    : alone_{bytes <= small && open_flight_block::mine().is_free() ? nullptr : &make(1)},
      flight_{alone_ ? alone_->add(0, std::move(e), type, bytes)
                     : open_flight_block::mine().begin(std::move(e), type, bytes)} {}

flight_block::departure::~departure() {
  if (alone_)
    alone_->close(1, handed_out_);
  else
    open_flight_block::mine().end(handed_out_);
}

}  // namespace streamspace
