#pragma once

#include "rl/base/descriptor.h"

namespace rl {

/// Wakes threads that wait for descriptors to be ready. Safe from several threads.
class Wakener {
 public:
  Wakener();

  /// Whether there was a file descriptor for it.
  bool is_ready() const { return event_.is_open(); }

  /// Can be read from wake() on until rest().
  int descriptor() const { return event_.number(); }

  void wake() const;
  void rest() const;

 private:
  const Descriptor event_;
};

}  // namespace rl
