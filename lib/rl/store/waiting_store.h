#pragma once

#include "rl/store/store.h"

namespace rl {

/// A store that answers later. Its decide() is a wait for that.
class WaitingStore : public Store {
 public:
  Result<std::string_view> decide(std::span<const Charge> charges, Mode mode,
                                  std::span<Decision> decisions) final;
  void decide_later(std::span<const Charge> charges, Mode mode, std::span<Decision> decisions,
                    Decided done) override = 0;
  bool waits() const final { return true; }
};

}  // namespace rl
