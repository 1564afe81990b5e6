#pragma once

#include <CLI/CLI.hpp>

#include "session.h"

namespace rl::ctl {

// Each adds its commands to the program. A command that was called leaves its exit code in the
// session, which outlives the program.

void add_status(CLI::App& app, Session& session);
void add_ready(CLI::App& app, Session& session);
void add_health(CLI::App& app, Session& session);
void add_health_set(CLI::App& health, Session& session);  ///< below `health`
void add_tiers(CLI::App& app, Session& session);
void add_tiers_changes(CLI::App& tiers, Session& session);  ///< below `tiers`
void add_users(CLI::App& app, Session& session);
void add_top(CLI::App& app, Session& session);
void add_users_transfer(CLI::App& users, Session& session);  ///< below `users`
void add_keys(CLI::App& app, Session& session);
void add_audit(CLI::App& app, Session& session);
void add_context(CLI::App& app, Session& session);
void add_check(CLI::App& app, Session& session);

}  // namespace rl::ctl
