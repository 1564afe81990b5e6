#include "rl/http/gateway/upstreams.h"

#include <algorithm>
#include <utility>

namespace rl::http {

Upstreams::Upstreams(std::vector<UpstreamUrl> urls, const Clock& clock, const Log& log)
    : urls_(std::move(urls)), clock_(clock), log_(log), states_(urls_.size()) {}

std::optional<std::size_t> Upstreams::pick(const std::vector<std::size_t>& tried) {
  const Instant now = clock_.now();
  const std::lock_guard lock(mutex_);
  std::optional<std::size_t> soonest;  // of those that are out
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const std::size_t index = (next_ + i) % states_.size();
    if (std::find(tried.begin(), tried.end(), index) != tried.end()) {
      continue;
    }
    State& state = states_[index];
    if (!state.out_until) {
      next_ = index + 1;
      return index;
    }
    if (*state.out_until <= now) {
      state.out_until = now + kOut;  // the others wait for what this trial shows
      return index;
    }
    if (!soonest || *state.out_until < *states_[*soonest].out_until) {
      soonest = index;
    }
  }
  return soonest;
}

void Upstreams::note_connected(std::size_t index) {
  bool is_back = false;
  {
    const std::lock_guard lock(mutex_);
    states_[index].failures = 0;
    is_back = std::exchange(states_[index].out_until, std::nullopt).has_value();
  }
  if (is_back) {
    log_.info("an upstream is back", {{"upstream", urls_[index].origin}});
  }
}

void Upstreams::note_failure(std::size_t index, const std::string& why) {
  bool is_news = false;
  {
    const std::lock_guard lock(mutex_);
    State& state = states_[index];
    ++state.failures;
    if (state.failures >= kFailuresUntilOut) {
      is_news = !std::exchange(state.out_until, clock_.now() + kOut);
    }
  }
  if (is_news) {
    log_.warn("an upstream cannot be connected to and is left out for a while",
              {{"upstream", urls_[index].origin}, {"failures", kFailuresUntilOut}, {"why", why}});
  }
}

bool Upstreams::is_in(std::size_t index) const {
  const std::lock_guard lock(mutex_);
  return !states_[index].out_until;
}

}  // namespace rl::http
