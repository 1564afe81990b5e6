#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "rl/base/clock.h"
#include "rl/base/log.h"
#include "rl/http/gateway/upstream_url.h"

namespace rl::http {

/// The addresses of one upstream and what is known of each. Requests go to them in turn. One that
/// could not be connected to several times in a row is left out for a while; then one request tries
/// it again. When all are out they are tried all the same: to refuse without a try helps nobody.
/// Safe from several threads.
class Upstreams {
 public:
  static constexpr int kFailuresUntilOut = 3;
  static constexpr std::chrono::seconds kOut{5};

  /// Clock and log outlive it.
  Upstreams(std::vector<UpstreamUrl> urls, const Clock& clock, const Log& log);

  /// The next to try, but none of those that were tried; nothing when all were. Asking for one that
  /// was out and whose time is over is its trial.
  std::optional<std::size_t> pick(const std::vector<std::size_t>& tried = {});

  void note_connected(std::size_t index);
  /// With the reason, for the log.
  void note_failure(std::size_t index, const std::string& why);

  const UpstreamUrl& at(std::size_t index) const { return urls_[index]; }
  std::size_t size() const { return urls_.size(); }

  /// Whether it is tried in turn.
  bool is_in(std::size_t index) const;

 private:
  struct State {
    int failures = 0;                  ///< in a row
    std::optional<Instant> out_until;  ///< nothing: it is in
  };

  const std::vector<UpstreamUrl> urls_;
  const Clock& clock_;
  const Log& log_;
  mutable std::mutex mutex_;
  std::vector<State> states_;  // guarded by mutex_, as the next
  std::size_t next_ = 0;
};

}  // namespace rl::http
