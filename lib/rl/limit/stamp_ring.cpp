#include "rl/limit/stamp_ring.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rl {

StampRing::StampRing(StampRing&& other) noexcept {
  *this = std::move(other);
}

StampRing& StampRing::operator=(StampRing&& other) noexcept {
  heap_ = std::move(other.heap_);
  std::copy(std::begin(other.inline_), std::end(other.inline_), std::begin(inline_));
  capacity_ = std::exchange(other.capacity_, kInline);
  head_ = std::exchange(other.head_, 0);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

void StampRing::pop_front() {
  assert(size_ > 0);
  head_ = slot(1);
  --size_;
}

void StampRing::push_back(Instant stamp, std::uint32_t count) {
  if (count > capacity_ - size_) {
    grow(size_ + count);
  }
  std::int64_t* const stamps = data();
  for (std::uint32_t i = 0; i < count; ++i) {
    stamps[slot(size_ + i)] = stamp.time_since_epoch().count();
  }
  size_ += count;
}

void StampRing::grow(std::uint32_t least) {
  const std::uint32_t wanted = std::max(least, capacity_ + capacity_ / 4);
  auto larger = std::make_unique<std::int64_t[]>(wanted);  // NOLINT(*-c-arrays)
  for (std::uint32_t i = 0; i < size_; ++i) {
    larger[i] = data()[slot(i)];
  }
  heap_ = std::move(larger);
  capacity_ = wanted;
  head_ = 0;
}

}  // namespace rl
