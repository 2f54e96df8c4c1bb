#pragma once

#include <cstddef>
#include <cstdint>

#include <streamspace/actors/flight.hpp>

namespace streamspace {

/// Where the flights of asynchronous emits live. Small events of one thread share a block, which saves most allocations
/// and most of the counting: of all that a delivery costs, a count that two processors take from each other is the
/// dearest. So a small event may live until those that its thread emitted next have been handled, or the thread ends. A
/// large one has a block for itself.
class flight_block final : public flight_owner {
 public:
  /// How many small events share a block: what waits for a plugin keeps at most so many times its own memory.
  static constexpr std::uint32_t shared_by = 8;
  /// What a small event takes at most (event::footprint).
  static constexpr std::size_t small = 512;

  flight_block(const flight_block&) = delete;
  flight_block& operator=(const flight_block&) = delete;
  static void operator delete(void* block) noexcept { ::operator delete(block); }

  /// The event's own when it is a large one, else a copy.
  event_ptr share(const event& e) override;

  /// The emit that makes a flight, as long as it hands out references.
  class departure {
   public:
    explicit departure(event&& e);
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
    flight_block& block_;
    flight& flight_;
    std::uint32_t handed_out_ = 0;
  };

 private:
  friend class open_flight_block;

  struct place {
    place(flight_block& in, event&& e) : what{std::move(e)}, of{in, what, nullptr} {}
    event what;
    flight of;
  };

  explicit flight_block(std::uint32_t places) noexcept : flight_owner{plenty}, places_{places} {}
  ~flight_block() override;

  static flight_block& make(std::uint32_t places);
  bool is_full() const noexcept { return used_ == places_; }
  flight& add(event&& e);
  void count(std::uint32_t handed_out) noexcept;
  /// Nothing is added any more.
  void close() noexcept { release(plenty - handed_out_); }

  place* at(std::uint32_t i) noexcept;

  /// References are counted in advance, so that handing one out costs nothing; close() takes back what was too much.
  static constexpr std::uint32_t plenty = 1U << 31U;

  const std::uint32_t places_;
  std::uint32_t used_ = 0;
  std::uint32_t handed_out_ = 0;
};

}  // namespace streamspace
