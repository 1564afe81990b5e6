#pragma once

#include <stop_token>
#include <thread>

namespace rl::load {

/// Turns SIGINT and SIGTERM into a stop request while it lives, so that what was started can be
/// ended in order. Made once, by main(), before any other thread: those inherit the blocked
/// signals.
class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return interrupted_.get_token(); }

 private:
  std::stop_source interrupted_;
  std::jthread waiter_;
};

}  // namespace rl::load
