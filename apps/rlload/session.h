#pragma once

#include <stop_token>

#include "rl/base/clock.h"
#include "rl/base/table.h"
#include "rl/load/interrupt.h"
#include "rl/load/pacer.h"
#include "rl/load/verdict.h"

namespace rl::load_app {

/// What every command of this program shares: made by main(), which it outlives.
struct Session {
  load::Interrupt interrupt;
  SystemClock clock;
  load::SleepingPacer pacer{clock};
  bool json = false;
  bool no_color = false;
  load::ExitCode exit_code = load::ExitCode::kPass;
};

}  // namespace rl::load_app
