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

  std::uint32_t size() const { return static_cast<std::uint32_t>(size_); }
  bool empty() const { return size_ == 0; }

  /// The i-th oldest; i < size().
  Instant operator[](std::uint32_t i) const { return base_ + Micros{offset(slot(i))}; }
  Instant front() const { return (*this)[0]; }
  Instant back() const { return (*this)[size() - 1]; }

  /// Drops the `count` oldest; count <= size().
  void pop_front(std::uint32_t count);

  /// Appends `count` equal stamps, not before back(). Precondition: size() + count <= kMost.
  void push_back(Instant stamp, std::uint32_t count);

  /// What the ring holds outside itself, in bytes.
  std::size_t heap_bytes() const;

 private:
  static constexpr std::uint32_t kInside = 20;

  std::uint32_t capacity() const { return static_cast<std::uint32_t>(capacity_); }
  std::uint32_t slot(std::uint32_t i) const {
    const std::uint32_t at = static_cast<std::uint32_t>(head_) + i;
    return at < capacity() ? at : at - capacity();
  }
  std::int64_t offset(std::uint32_t at) const {
    if (capacity_ <= kInside) {
      return inside_[at];
    }
    return is_wide_ != 0 ? wide_[at] : narrow_[at];  // NOLINT(clang-analyzer-cplusplus.NewDelete)
  }
  void set_offset(std::uint32_t at, std::int64_t offset);
  void rebuild(std::uint32_t capacity, bool wide, Instant base);
  void shrink(std::uint32_t coming);
  void release();

  Instant base_{};
  union {
    std::uint32_t inside_[kInside] = {};  // NOLINT(*-c-arrays): a ring of plain numbers
    std::uint32_t* narrow_;               ///< owned; when capacity_ > kInside
    std::int64_t* wide_;                  ///< owned; when is_wide_
  };
  std::uint64_t head_ : 21 = 0;
  std::uint64_t size_ : 21 = 0;
  std::uint64_t capacity_ : 21 = kInside;
  std::uint64_t is_wide_ : 1 = 0;
};

static_assert(sizeof(StampRing) == 96);

}  // namespace rl
