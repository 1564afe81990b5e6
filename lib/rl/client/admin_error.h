#pragma once

#include <string>
#include <utility>

#include "rl/base/result.h"
#include "rl/config/diagnostic.h"

namespace rl::client {

enum class AdminErrorKind {
  kUnreachable,   ///< no server, or no answer in time
  kUnauthorised,  ///< no token, the wrong one, or one that must not be used
  kNotFound,      ///< no such key, user or tier
  kConflict,      ///< the server's state does not allow it now
  kInvalid,       ///< what was asked is not well-formed
  kBadPolicy,     ///< the tiers file has faults
  kFailed,        ///< anything else
};

/// Why the admin API did not do what was asked.
struct AdminError {
  AdminErrorKind kind = AdminErrorKind::kFailed;
  std::string message;           ///< what failed and where, one line, no full stop
  std::string hint = {};         ///< how to mend it, one line; may be empty
  Diagnostics diagnostics = {};  ///< the faults, for kBadPolicy
};

template <class T>
using AdminResult = Result<T, AdminError>;

inline Failure<AdminError> admin_failure(AdminErrorKind kind, std::string message,
                                         std::string hint = {}) {
  return fail_with(
      AdminError{.kind = kind, .message = std::move(message), .hint = std::move(hint)});
}

}  // namespace rl::client
