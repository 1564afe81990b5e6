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
    std::memcpy(inside_, other.inside_, sizeof inside_);  // or the pointer that stands there
    head_ = other.head_;
    size_ = other.size_;
    capacity_ = other.capacity_;
    is_wide_ = other.is_wide_;
    other.head_ = 0;
    other.size_ = 0;
    other.capacity_ = kInside;
    other.is_wide_ = 0;
  }
  return *this;
}

StampRing::~StampRing() {
  release();
}

void StampRing::release() {
  if (is_wide_ != 0) {
    delete[] wide_;
  } else if (capacity_ > kInside) {
    delete[] narrow_;
  }
}

// The static analyzer does not see that capacity_ and is_wide_ tell which member of the union
// holds, nor whose the block is.

void StampRing::set_offset(std::uint32_t at, std::int64_t offset) {
  if (is_wide_ != 0) {
    wide_[at] = offset;
  } else {
    (capacity_ > kInside ? narrow_ : inside_)[at] = static_cast<std::uint32_t>(offset);
  }
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks)

void StampRing::pop_front(std::uint32_t count) {
  assert(count <= size());
  head_ = slot(count) & kMost;
  size_ = (size() - count) & kMost;
}

void StampRing::push_back(Instant stamp, std::uint32_t count) {
  assert(count <= kMost - size() && (empty() || stamp >= back()));
  if (capacity() > 2 * kInside && size() + count <= capacity() / 4) {
    shrink(count);
  }
  if (empty()) {
    base_ = stamp;
  }
  if (is_wide_ == 0 && stamp - base_ > Micros{UINT32_MAX}) {
    // Too far from the base for 32 bits: count from the oldest stamp, or take more bits.
    rebuild(capacity(), stamp - front() > Micros{UINT32_MAX}, front());
  }
  if (count > capacity() - size()) {
    const std::uint32_t grown = std::min(kMost, capacity() + capacity() / 4);
    rebuild(std::max(size() + count, grown), is_wide_ != 0, base_);
  }
  const std::int64_t offset = (stamp - base_).count();
  for (std::uint32_t i = 0; i < count; ++i) {
    set_offset(slot(size() + i), offset);
  }
  size_ = (size() + count) & kMost;
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
  if (wide) {
    fresh.wide_ = new std::int64_t[std::max(capacity, kInside + 1)];
    fresh.capacity_ = std::max(capacity, kInside + 1) & kMost;
    fresh.is_wide_ = 1;
  } else if (capacity > kInside) {
    fresh.narrow_ = new std::uint32_t[capacity];
    fresh.capacity_ = capacity & kMost;
  }
  for (std::uint32_t i = 0; i < size(); ++i) {
    fresh.set_offset(i, ((*this)[i] - base).count());
  }
  fresh.size_ = size_;
  *this = std::move(fresh);
}

std::size_t StampRing::heap_bytes() const {
  if (capacity_ <= kInside) {
    return 0;
  }
  return capacity_ * (is_wide_ != 0 ? sizeof(std::int64_t) : sizeof(std::uint32_t));
}

}  // namespace rl
