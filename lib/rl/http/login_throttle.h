#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rl/base/clock.h"
#include "rl/store/memory/memory_store.h"

namespace rl::http {

/// Slows down who guesses admin tokens. A peer (an IPv4 address, an IPv6 network of 64 bits, or
/// this machine as a whole) may offer so many different wrong tokens in any minute; after that none
/// of its tokens is looked at until one of those is a minute old. The same wrong token again is no
/// guess: a program that was left with an old one locks nobody out. Counts with a store of our own,
/// a sliding window for each peer, bounded in number. Safe from several threads.
class LoginThrottle {
 public:
  struct Options {
    std::uint32_t wrong_tokens = 10;   ///< of one peer within a minute; 0: no throttle
    std::size_t max_buckets = 16'384;  ///< beyond it the one that would be idle soonest goes
    std::uint64_t hash_seed = 0;
  };

  /// The clock outlives it.
  LoginThrottle(const Clock& clock, const Options& options);

  /// How long the peer has to wait before its next try; nothing: it need not.
  std::optional<Micros> wait_of(std::string_view peer) const;

  /// Takes note of a wrong token; whether the peer had not offered it within the last minute. As
  /// many threads as look at tokens at the same time may each get one more in.
  bool note_wrong(std::string_view peer, std::string_view token) const;

  /// How many are held in memory.
  std::uint64_t buckets() const { return store_.stats().buckets; }

 private:
  Decision decide(const std::string& owner, std::uint32_t units, Mode mode) const;

  const std::uint32_t wrong_tokens_;
  mutable MemoryStore store_;  // guards itself
};

}  // namespace rl::http
