#include "rl/http/login_throttle.h"

#include <arpa/inet.h>

#include <array>
#include <span>

#include "rl/identity/digest.h"

namespace rl::http {
namespace {

constexpr Micros kWindow = std::chrono::minutes{1};
constexpr std::size_t kOwnerDigits = 28;  // 112 bits, of the digest that names a bucket

/// What tokens of a peer are counted by. Loopback is one peer: who is on this machine has all of
/// its addresses.
std::string network_of(std::string_view peer) {
  const std::string text(peer);
  std::array<unsigned char, 16> six{};
  if (::inet_pton(AF_INET6, text.c_str(), six.data()) != 1) {
    return text.starts_with("127.") ? "local" : text;
  }
  const auto* const address = reinterpret_cast<const in6_addr*>(six.data());
  if (IN6_IS_ADDR_LOOPBACK(address)) {
    return "local";
  }
  if (IN6_IS_ADDR_V4MAPPED(address)) {
    return network_of(text.substr(text.rfind(':') + 1));
  }
  return {reinterpret_cast<const char*>(six.data()), 8};
}

std::string owner_of(std::string_view kind, const std::string& what) {
  return std::string(kind) + sha256_hex(what).substr(0, kOwnerDigits);
}

}  // namespace

LoginThrottle::LoginThrottle(const Clock& clock, const Options& options)
    : wrong_tokens_(options.wrong_tokens),
      store_(clock, {.max_buckets = options.max_buckets,
                     .max_bytes = std::size_t{16} << 20U,
                     .hash_seed = options.hash_seed}) {}

std::optional<Micros> LoginThrottle::wait_of(std::string_view peer) const {
  if (wrong_tokens_ == 0) {
    return std::nullopt;
  }
  const Decision next = decide(owner_of("p:", network_of(peer)), wrong_tokens_, Mode::kPeek);
  return next.allowed ? std::nullopt : std::optional(next.retry_after);
}

bool LoginThrottle::note_wrong(std::string_view peer, std::string_view token) const {
  const std::string network = network_of(peer);
  const std::string guess = owner_of("t:", network + "\n" + std::string(token));
  const bool is_new = decide(guess, 1, Mode::kAcquire).allowed;
  if (is_new && wrong_tokens_ > 0) {
    decide(owner_of("p:", network), wrong_tokens_, Mode::kAcquire);
  }
  return is_new;
}

Decision LoginThrottle::decide(const std::string& owner, std::uint32_t units, Mode mode) const {
  const Charge charge{.bucket = {.owner = owner, .rule = "wrong admin tokens"},
                      .limit = {.algorithm = Algorithm::kSlidingWindow,
                                .window = kWindow,
                                .units = units,
                                .base = units,
                                .degraded = units}};
  Decision decision;
  // A store in memory cannot fail.
  static_cast<void>(store_.decide(std::span(&charge, 1), mode, std::span(&decision, 1)));
  return decision;
}

}  // namespace rl::http
