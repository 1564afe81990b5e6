#pragma once

#include <CLI/CLI.hpp>

#include "session.h"

namespace rl::load_app {

// Each adds its command to the program. A command that was called leaves its exit code in the
// session, which outlives the program.

void add_demo(CLI::App& app, Session& session);
void add_quick(CLI::App& app, Session& session);
void add_draw(CLI::App& app, Session& session);

}  // namespace rl::load_app
