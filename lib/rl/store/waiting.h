#pragma once

#include <span>

#include "rl/store/store.h"

namespace rl {

/// decide() of a store that knows only decide_later(): waits until it is done.
Result<std::string_view> decide_and_wait(Store& store, std::span<const Charge> charges, Mode mode,
                                         std::span<Decision> decisions);

}  // namespace rl
