#pragma once

#include <cstdint>
#include <string>

#include "rl/base/clock.h"

namespace rl {

/// One change, for those who ask later who made it.
struct AuditEntry {
  std::uint64_t id = 0;  ///< 1, 2, 3 …, in the order of the changes
  WallTime at{};
  std::string actor;         ///< who: "admin"
  std::string origin = {};   ///< from where: the peer's address
  std::string action;        ///< what: "user.create", "key.revoke", "health.set"
  std::string subject = {};  ///< of what: "user 1", "key k3"; may be empty
  std::string before = {};   ///< in words; empty: there was nothing
  std::string after = {};    ///< empty: there is nothing any more

  bool operator==(const AuditEntry&) const = default;
};

/// A piece of the audit log, the latest first.
struct AuditQuery {
  WallTime since{};
  std::uint64_t before = INT64_MAX;  ///< only entries with a smaller id
  std::uint32_t limit = 100;
};

/// The most entries that are kept; the oldest leave.
inline constexpr std::uint64_t kMaxAudit = 100'000;

}  // namespace rl
