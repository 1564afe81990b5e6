#include "rl/load/verdict.h"

namespace rl::load {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "PASS";
    case Verdict::kInconclusive:
      return "INCONCLUSIVE";
    case Verdict::kFail:
      return "FAIL";
  }
  return "unknown";
}

ExitCode exit_code_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return ExitCode::kPass;
    case Verdict::kInconclusive:
      return ExitCode::kInconclusive;
    case Verdict::kFail:
      return ExitCode::kFailed;
  }
  return ExitCode::kFailure;
}

}  // namespace rl::load
