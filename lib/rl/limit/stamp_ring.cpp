#include "rl/limit/stamp_ring.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace rl {

StampRing::StampRing(StampRing&& other) noexcept {
  *this = std::move(other);
}

StampRing& StampRing::operator=(StampRing&& other) noexcept {
  if (this != &other) {
    release();
    base_ = other.base_;
    std::memcpy(inside_, other.inside_, sizeof inside_);  // or the block that stands there
    size_ = other.size_;
    head_ = other.head_;
    is_outside_ = other.is_outside_;
    other.size_ = 0;
    other.head_ = 0;
    other.is_outside_ = false;
  }
  return *this;
}

StampRing::~StampRing() {
  release();
}

void StampRing::release() {
  if (is_wide()) {
    delete[] outside_.wide;
  } else if (is_outside_) {
    delete[] outside_.narrow;
  }
}

// The static analyzer does not see that is_outside_ and is_wide tell which member of the unions
// holds, nor whose the block is.

void StampRing::set_offset(std::uint32_t i, std::int64_t offset) {
  const std::uint32_t at = slot(i);
  if (is_wide()) {
    outside_.wide[at] = offset;
  } else {
    (is_outside_ ? outside_.narrow : inside_)[at] = static_cast<std::uint32_t>(offset);
  }
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks)

void StampRing::pop_front(std::uint32_t count) {
  assert(count <= size());
  head_ = slot(count) & kMost;
  size_ -= count;
}

void StampRing::push_back(Instant stamp, std::uint32_t count) {
  assert(count <= kMost - size() && (empty() || stamp >= back()));
  if (capacity() > 2 * kInside && size() + count <= capacity() / 4) {
    shrink(count);
  }
  if (empty()) {
    base_ = stamp;
  }
  if (!is_wide() && stamp - base_ > Micros{UINT32_MAX}) {
    // Too far from the base for 32 bits: count from the oldest stamp, or take more bits.
    rebuild(capacity(), stamp - front() > Micros{UINT32_MAX}, front());
  }
  if (count > capacity() - size()) {
    const std::uint32_t grown = std::min(kMost, capacity() + capacity() / 4);
    rebuild(std::max(size() + count, grown), is_wide(), base_);
  }
  const std::int64_t offset = (stamp - base_).count();
  for (std::uint32_t i = 0; i < count; ++i) {
    set_offset(size() + i, offset);
  }
  size_ += count;
}

/// Gives half of the room back; `coming` more stamps still fit.
void StampRing::shrink(std::uint32_t coming) {
  const Instant oldest = empty() ? base_ : front();
  const bool wide = !empty() && back() - oldest > Micros{UINT32_MAX};
  rebuild(std::max(size() + coming, capacity() / 2), wide, oldest);
}

/// Writes the stamps down again, in order from slot 0, with another room, width or base.
void StampRing::rebuild(std::uint32_t capacity, bool wide, Instant base) {
  StampRing fresh;
  fresh.base_ = base;
  if (wide || capacity > kInside) {
    const std::uint32_t outside = std::max(capacity, kInside + 1);
    fresh.outside_ = {.narrow = nullptr, .capacity = outside, .is_wide = wide};
    if (wide) {
      fresh.outside_.wide = new std::int64_t[outside];
    } else {
      fresh.outside_.narrow = new std::uint32_t[outside];
    }
    fresh.is_outside_ = true;
  }
  for (std::uint32_t i = 0; i < size(); ++i) {
    fresh.set_offset(i, ((*this)[i] - base).count());
  }
  fresh.size_ = size_;
  *this = std::move(fresh);
}

}  // namespace rl
