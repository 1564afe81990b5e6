#pragma once

#include <string_view>

#include "rl/base/result.h"

namespace rl::load {

/// What a program that drives load says by its exit status (contract).
enum class ExitCode {
  kPass = 0,
  kFailure = 1,
  kUsage = 2,
  kUnreachable = 3,
  kInconclusive = 98,  ///< the generator could not keep its schedule
  kFailed = 99,        ///< something was proven wrong
  kInterrupted = 130,
};

/// Why there is no verdict, and the exit status that says so.
struct Abort {
  ExitCode code = ExitCode::kFailure;
  Error error;
};

enum class Verdict { kPass, kInconclusive, kFail };

std::string_view to_string(Verdict verdict);  ///< "PASS", "INCONCLUSIVE", "FAIL"
ExitCode exit_code_of(Verdict verdict);

}  // namespace rl::load
