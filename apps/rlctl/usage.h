#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "session.h"

namespace rl::ctl {

/// Adds the options that say which time is asked for.
void add_usage_options(CLI::App& command, const std::shared_ptr<client::UsageQuery>& query);

/// Asks and prints. Returns the exit code.
int report_usage(const Session& session, const client::UsageQuery& query);

}  // namespace rl::ctl
