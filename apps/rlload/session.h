#pragma once

#include <stop_token>

#include "cli/form.h"
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
  cli::Form form = cli::Form::kTable;
  bool no_color = false;
  load::ExitCode exit_code = load::ExitCode::kPass;

  /// The report is printed for a program, by in_form().
  bool structured() const { return form != cli::Form::kTable; }
};

}  // namespace rl::load_app
