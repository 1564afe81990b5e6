#pragma once

#include <cstdint>
#include <memory>

#include "rl/base/clock.h"

namespace rl {

/// A queue of stamps, oldest first: 8 bytes each, two of them without an allocation. It grows by a
/// quarter, so that at most a quarter of it is slack. Not safe from several threads.
class StampRing {
 public:
  StampRing() = default;
  StampRing(StampRing&& other) noexcept;
  StampRing& operator=(StampRing&& other) noexcept;
  ~StampRing() = default;

  std::uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// The i-th oldest; i < size().
  Instant operator[](std::uint32_t i) const { return Instant{Micros{data()[slot(i)]}}; }
  Instant front() const { return (*this)[0]; }
  Instant back() const { return (*this)[size_ - 1]; }

  void pop_front();

  /// Appends `count` equal stamps; the ring then holds at most 2^31.
  void push_back(Instant stamp, std::uint32_t count);

  /// What the ring holds outside itself.
  std::size_t heap_bytes() const { return heap_ ? capacity_ * sizeof(std::int64_t) : 0; }

 private:
  static constexpr std::uint32_t kInline = 2;

  std::int64_t* data() { return heap_ ? heap_.get() : inline_; }
  const std::int64_t* data() const { return heap_ ? heap_.get() : inline_; }
  std::uint32_t slot(std::uint32_t i) const {
    const std::uint32_t at = head_ + i;
    return at < capacity_ ? at : at - capacity_;
  }
  void grow(std::uint32_t least);

  std::unique_ptr<std::int64_t[]> heap_;  // NOLINT(*-c-arrays): a ring of plain numbers
  std::int64_t inline_[kInline] = {};
  std::uint32_t capacity_ = kInline;
  std::uint32_t head_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace rl
