#include "usage_keeper.h"

namespace rlserver {

UsageKeeper::UsageKeeper(rl::UsageRecorder& recorder)
    : recorder_(recorder), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void UsageKeeper::run(const std::stop_token& stop) {
  constexpr std::chrono::seconds kTick{1};
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    recorder_.tick();
    wake_.wait_for(lock, stop, kTick, [] { return false; });
  }
  recorder_.write();
}

}  // namespace rlserver
