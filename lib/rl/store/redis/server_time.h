#pragma once

#include <algorithm>
#include <optional>

#include "rl/base/clock.h"

namespace rl::redis {

/// How far the clock of a server is ahead of ours, from the times in its replies. A reply has been
/// under way for a while, so the true number is at least what each one says: the largest of the
/// last second or two is the best known. A clock of the server that is set back is believed when
/// that time is over; until then a deadline in its time comes too late. Not safe from several
/// threads.
class ServerTime {
 public:
  /// A reply that came now was made when the server's clock said `server`, in µs.
  void heard(std::int64_t server, Instant now) {
    const Micros sample = Micros{server} - now.time_since_epoch();
    if (now - since_ > kWindow) {
      before_ = largest_;
      largest_.reset();
      since_ = now;
    }
    largest_ = std::max(largest_.value_or(sample), sample);
  }

  void forget() { *this = ServerTime(); }

  /// The server's time less ours.
  std::optional<Micros> ahead() const { return std::max(before_, largest_); }

 private:
  static constexpr Micros kWindow = std::chrono::seconds{1};

  std::optional<Micros> largest_;  ///< since `since_`
  std::optional<Micros> before_;   ///< of the window before
  Instant since_{};
};

}  // namespace rl::redis
