#pragma once

#include <string>

#include "session.h"

namespace rl::ctl {

/// Whether to do what cannot be undone: --yes says so, or the person at the terminal, who is shown
/// the question. Otherwise it has been told on stderr why not, and session.exit_code is what to
/// exit with.
bool confirm(Session& session, const std::string& question);

}  // namespace rl::ctl
