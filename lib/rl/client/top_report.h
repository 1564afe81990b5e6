#pragma once

#include <map>
#include <string>

#include "rl/base/table.h"
#include "rl/client/admin_records.h"

namespace rl::client {

/// One look at who asks how much: two snapshots with a time between them, and the loudest.
struct Top {
  Snapshot before;
  Snapshot now;
  double seconds = 1;  ///< between the two
  TopRecord loudest;
};

/// What a person sees on a terminal: tiers, then the loudest keys.
std::string top_screen(const Top& top, const Display& display);

/// The same in one line, with names before the values; without a line end.
std::string top_line(const Top& top);

}  // namespace rl::client
