#include "rl/config/policy_register.h"

#include <utility>

namespace rl {

std::uint64_t PolicyRegister::install(Policy policy) {
  const auto fresh = std::make_shared<Policy>(std::move(policy));
  std::shared_ptr<const Policy> replaced;  // freed, if nobody holds it, when the lock is open again
  const std::lock_guard lock(mutex_);
  fresh->version = policy_ == nullptr ? 1 : policy_->version + 1;
  replaced = std::exchange(policy_, fresh);
  return fresh->version;
}

}  // namespace rl
