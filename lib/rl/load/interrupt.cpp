#include "rl/load/interrupt.h"

#include <signal.h>

#include <ctime>

namespace rl::load {

Interrupt::Interrupt() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  waiter_ = std::jthread([this, signals](const std::stop_token& done) {
    constexpr timespec kSlice{.tv_sec = 0, .tv_nsec = 50'000'000};
    while (!done.stop_requested()) {
      if (sigtimedwait(&signals, nullptr, &kSlice) > 0) {
        interrupted_.request_stop();
      }
    }
  });
}

}  // namespace rl::load
