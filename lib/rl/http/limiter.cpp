#include "rl/http/limiter.h"

#include <utility>

#include "rl/base/random.h"

namespace rl::http {
namespace {

constexpr std::chrono::milliseconds kTurn{50};
constexpr unsigned kTicksPerSecond = 20;

}  // namespace

Limiter::Limiter(Policy policy, const Identity& keys, const HeaderGroups& headers)
    : policies_(std::move(policy)),
      store_(clock_, {.hash_seed = SystemRandom().next()}),
      admission_({.policies = policies_,
                  .health = health_.word(),
                  .store = store_,
                  .clock = clock_,
                  .counters = counters_}),
      middleware_(keys, admission_, counters_, headers),
      housekeeping_([this](const std::stop_token& stop) { run(stop); }) {}

void Limiter::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (unsigned tick = 0; !stop.stop_requested(); ++tick) {
    health_.expire();
    if (tick % kTicksPerSecond == 0) {
      store_.sweep();
    }
    wake_.wait_for(lock, stop, kTurn, [] { return false; });
  }
}

}  // namespace rl::http
