#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "rl/identity/usage_recorder.h"

namespace rlserver {

/// Writes down who used how much, on a thread of its own because writing may wait for a disk or for
/// Redis. Runs from construction to destruction, which writes what is left. The recorder outlives
/// it.
class UsageKeeper {
 public:
  explicit UsageKeeper(rl::UsageRecorder& recorder);

 private:
  void run(const std::stop_token& stop);

  rl::UsageRecorder& recorder_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace rlserver
