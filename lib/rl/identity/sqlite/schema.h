#pragma once

#include "rl/base/result.h"
#include "rl/identity/sqlite/database.h"

namespace rl {

/// Brings the tables to the form that this program works with, step by step from whatever earlier
/// form they have (PRAGMA user_version). Fails for a database of a newer program.
Result<void> migrate(Database& database);

}  // namespace rl
