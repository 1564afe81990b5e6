#include "rl/store/waiting_store.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

namespace rl {
namespace {

struct Letterbox {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<Result<std::string_view>> letter;  // guarded by mutex
};

}  // namespace

Result<std::string_view> WaitingStore::decide(std::span<const Charge> charges, Mode mode,
                                              std::span<Decision> decisions) {
  const auto box = std::make_shared<Letterbox>();
  decide_later(charges, mode, decisions, [box](const Result<std::string_view>& letter) {
    {
      const std::lock_guard lock(box->mutex);
      box->letter = letter;
    }
    box->arrived.notify_one();  // without the lock, which the woken thread takes first
  });
  std::unique_lock lock(box->mutex);
  box->arrived.wait(lock, [&] { return box->letter.has_value(); });
  return *box->letter;
}

}  // namespace rl
