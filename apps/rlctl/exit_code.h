#pragma once

#include "rl/client/admin_error.h"

namespace rl::ctl {

/// How rlctl ends. Scripts rely on these numbers.
enum ExitCode : int {
  kOk = 0,
  kFailure = 1,
  kUsage = 2,
  kUnreachable = 3,  ///< or no answer in time
  kUnauthorised = 4,
  kNotFound = 5,
  kConflict = 6,
  kInvalidConfiguration = 7,
  kNo = 10,  ///< the answer is no: denied, policies differ, the awaited state did not come
  kInterrupted = 130,
};

inline ExitCode exit_code_of(client::AdminErrorKind kind) {
  switch (kind) {
    case client::AdminErrorKind::kUnreachable:
      return kUnreachable;
    case client::AdminErrorKind::kUnauthorised:
      return kUnauthorised;
    case client::AdminErrorKind::kNotFound:
      return kNotFound;
    case client::AdminErrorKind::kConflict:
      return kConflict;
    case client::AdminErrorKind::kInvalid:
      return kUsage;  // what was not well-formed came from the command line
    case client::AdminErrorKind::kBadPolicy:
      return kInvalidConfiguration;
    case client::AdminErrorKind::kFailed:
      break;
  }
  return kFailure;
}

}  // namespace rl::ctl
