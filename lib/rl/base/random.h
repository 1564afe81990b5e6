#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace rl {

/// Where randomness comes from: injected like the clock, so that a test can repeat a run.
/// Not safe from several threads unless a class says so.
class Random {
 public:
  virtual ~Random() = default;

  /// 64 uniformly random bits.
  virtual std::uint64_t next() = 0;

  /// Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);

  /// Uniform in [0, 1).
  double unit();
};

/// The system's cryptographic source. Safe from several threads.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

/// A repeatable stream (SplitMix64, Steele et al. 2014): the same seed, the same numbers, on every
/// machine. Not for secrets. Safe from several threads, which share the one stream.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;

 private:
  std::atomic<std::uint64_t> state_;  // relaxed: a number of its own
};

/// `bytes` random bytes as lower-case hexadecimal digits.
std::string random_hex(Random& random, std::size_t bytes);

}  // namespace rl
