#include "rl/base/random.h"

#include <sys/random.h>

#include <cassert>
#include <cstdlib>

namespace rl {

std::uint64_t Random::below(std::uint64_t bound) {
  assert(bound > 0);
  // Rejection keeps the result uniform: the last, incomplete run of `bound` values is drawn again.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  std::uint64_t drawn = next();
  while (drawn >= limit) {
    drawn = next();
  }
  return drawn % bound;
}

double Random::unit() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

std::uint64_t SystemRandom::next() {
  std::uint64_t value = 0;
  // Up to 256 bytes getrandom() never returns short and fails only without the system call itself
  // (man 2 getrandom); going on with a known number would be worse than stopping.
  if (::getrandom(&value, sizeof value, 0) != static_cast<ssize_t>(sizeof value)) {
    std::abort();
  }
  return value;
}

std::uint64_t SeededRandom::next() {
  constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = state_.fetch_add(kStep, std::memory_order_relaxed) + kStep;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31U);
}

std::string random_hex(Random& random, std::size_t bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes);
  while (hex.size() < 2 * bytes) {
    std::uint64_t word = random.next();
    for (int nibble = 0; nibble < 16 && hex.size() < 2 * bytes; ++nibble, word >>= 4U) {
      hex += kDigits[word & 0xfU];
    }
  }
  return hex;
}

}  // namespace rl
