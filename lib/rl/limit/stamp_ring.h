#pragma once

#include <cstddef>
#include <cstdint>

#include "rl/base/clock.h"

namespace rl {

/// A queue of stamps, oldest first, made to be small and near: up to 20 of them stand inside the
/// ring itself, as 32-bit microseconds after a base. More stand in one block on the heap that grows
/// by a quarter and shrinks by half when three quarters of it are free; only when the oldest and
/// the newest are more than 71 minutes apart do they take 64 bits each. Not safe from several
/// threads.
class StampRing {
 public:
  /// The most stamps of one ring: 2^21 − 1.
  static constexpr std::uint32_t kMost = (1U << 21U) - 1;

  StampRing() = default;
  StampRing(const StampRing&) = delete;
  StampRing& operator=(const StampRing&) = delete;
  StampRing(StampRing&& other) noexcept;
  StampRing& operator=(StampRing&& other) noexcept;
  ~StampRing();

  std::uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// The i-th oldest; i < size().
  Instant operator[](std::uint32_t i) const { return base_ + Micros{offset(i)}; }
  Instant front() const { return (*this)[0]; }
  Instant back() const { return (*this)[size() - 1]; }

  /// Drops the `count` oldest; count <= size().
  void pop_front(std::uint32_t count);

  /// Appends `count` equal stamps, not before back(). Precondition: size() + count <= kMost.
  void push_back(Instant stamp, std::uint32_t count);

  /// What the ring holds outside itself, in bytes.
  std::size_t heap_bytes() const { return is_outside_ ? outside_.bytes() : 0; }

 private:
  static constexpr std::uint32_t kInside = 20;

  /// A block on the heap, owned by the ring.
  struct Block {
    union {
      std::uint32_t* narrow;
      std::int64_t* wide;  ///< when is_wide
    };
    std::uint32_t capacity;  ///< above kInside
    bool is_wide;

    std::size_t bytes() const {
      return capacity * (is_wide ? sizeof(std::int64_t) : sizeof(std::uint32_t));
    }
  };

  std::uint32_t capacity() const { return is_outside_ ? outside_.capacity : kInside; }
  bool is_wide() const { return is_outside_ && outside_.is_wide; }
  std::uint32_t slot(std::uint32_t i) const {
    const std::uint32_t at = head_ + i;
    return at < capacity() ? at : at - capacity();
  }
  std::int64_t offset(std::uint32_t i) const {
    const std::uint32_t at = slot(i);
    if (!is_outside_) {
      return inside_[at];
    }
    // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDelete)
    return outside_.is_wide ? outside_.wide[at] : outside_.narrow[at];
  }
  void set_offset(std::uint32_t i, std::int64_t offset);
  void rebuild(std::uint32_t capacity, bool wide, Instant base);
  void shrink(std::uint32_t coming);
  void release();

  Instant base_{};
  union {
    std::uint32_t inside_[kInside] = {};  // NOLINT(*-c-arrays): a ring of plain numbers
    Block outside_;                       ///< when is_outside_
  };
  std::uint32_t size_ = 0;
  std::uint32_t head_ : 31 = 0;
  bool is_outside_ : 1 = false;
};

static_assert(sizeof(StampRing) == 96);

}  // namespace rl
