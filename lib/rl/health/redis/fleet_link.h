#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rl/health/fleet.h"
#include "rl/redis/link.h"

namespace rl::redis {

/// Where the instances of a fleet meet.
struct FleetPlace {
  RedisUrl url;
  std::string prefix = "rl:1:";  ///< of all keys; separates environments

  std::string channel() const { return prefix + "health"; }  ///< also the key of the record
};

/// One connection to the Redis of a fleet, and what an instance asks there. Each call waits for the
/// answer, at most `timeout`; after a failure the connection is of no more use. Not safe from
/// several threads.
class FleetLink {
 public:
  /// The clock, which is that of the sockets, outlives it.
  static Result<FleetLink> open(const FleetPlace& place, const Clock& clock, Micros timeout);

  /// The health that is stored, if any.
  Result<std::optional<SharedHealth>> health();

  /// Stores a change, in a version later than all before and not below `health.version`, and tells
  /// everybody. Returns what is stored then, as do the next two.
  Result<SharedHealth> set(const SharedHealth& health);

  /// Stores what this instance holds, if what is stored is older.
  Result<SharedHealth> offer(const SharedHealth& health);

  /// Raises the version of what is stored above `health`, which is another in the same version.
  Result<SharedHealth> settle(const SharedHealth& health);

  /// The latest changes, the oldest first.
  Result<std::vector<SharedHealth>> history();

  /// Says that this instance is there. Returns all that are, as does list().
  Result<std::vector<InstanceRecord>> announce(const InstanceRecord& self);
  Result<std::vector<InstanceRecord>> list();

  /// Says that it goes.
  Result<void> leave(const std::string& id);

 private:
  FleetLink(std::unique_ptr<Link> link, const FleetPlace& place, const Clock& clock, Micros timeout)
      : link_(std::move(link)), place_(place), clock_(clock), timeout_(timeout) {}

  Result<Reply> call_health(std::string_view mode, const SharedHealth* health);
  Result<SharedHealth> change(std::string_view mode, const SharedHealth& health);
  Result<std::vector<InstanceRecord>> call_presence(std::span<const std::string_view> words);
  Result<Reply> call(std::span<const std::string_view> words);

  std::unique_ptr<Link> link_;
  FleetPlace place_;
  const Clock& clock_;
  Micros timeout_;
};

}  // namespace rl::redis
