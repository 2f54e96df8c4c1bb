#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include <streamspace/actors/flight.hpp>

namespace streamspace {

/// Where the flights of asynchronous emits live. Small events of one thread share a block, which saves most allocations
/// and most of the counting: of all that a delivery costs, a count that two processors take from each other is the
/// dearest. So a small event may live until those that its thread emitted next have been handled, or the thread ends. A
/// large one has a block for itself.
class flight_block final : public flight_owner {
 public:
  /// How many small events share a block: what waits for a plugin keeps at most so many times its own memory.
  static constexpr std::uint32_t shared_by = 16;
  /// What a small event takes at most (event::footprint).
  static constexpr std::size_t small = 512;

  flight_block(const flight_block&) = delete;
  flight_block& operator=(const flight_block&) = delete;
  static void operator delete(void* block) noexcept { ::operator delete (block, std::align_val_t{alignof(flight)}); }

  /// The event's own when it is a large one, else a copy.
  event_ptr share(const event& e) override;

  /// The emit that makes a flight, as long as it hands out references.
  class departure {
   public:
    /// `type` is the number of the event's type.
    departure(event&& e, event_type_number type);
    departure(const departure&) = delete;
    departure& operator=(const departure&) = delete;
    ~departure();

    /// A reference for a delivery.
    flight& hand_out() noexcept {
      ++handed_out_;
      return flight_;
    }
    const event& what() const noexcept { return flight_.what(); }

   private:
    departure(event&& e, event_type_number type, std::uint32_t bytes);

    flight_block* const alone_;  ///< Null when the flight is in a block of several.
    flight& flight_;
    std::uint32_t handed_out_ = 0;
  };

 private:
  friend class open_flight_block;

  explicit flight_block(std::uint32_t places) noexcept : flight_owner{plenty}, places_{places} {}
  ~flight_block() override;

  static flight_block& make(std::uint32_t places);
  flight* at(std::uint32_t i) noexcept;
  flight& add(std::uint32_t i, event&& e, event_type_number type, std::uint32_t bytes) noexcept;
  /// Nothing is added any more: so many places are used, and so many references are handed out.
  void close(std::uint32_t used, std::uint32_t handed_out) noexcept {
    used_ = used;
    release(plenty - handed_out);
  }

  /// References are counted in advance, so that handing one out costs nothing; close() takes back what was too much.
  static constexpr std::uint32_t plenty = 1U << 31U;

  // Nothing that changes with each emit, as consumers take this line when they give references back.
  const std::uint32_t places_;
  std::uint32_t used_ = 0;  ///< Once it is closed.
};

}  // namespace streamspace
