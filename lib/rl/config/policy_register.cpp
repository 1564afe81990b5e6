#include "rl/config/policy_register.h"

#include <utility>

namespace rl {

std::uint64_t PolicyRegister::install(Policy policy) {
  const std::lock_guard lock(mutex_);
  policy.version = policy_ == nullptr ? 1 : policy_->version + 1;
  policy_ = std::make_shared<const Policy>(std::move(policy));
  return policy_->version;
}

}  // namespace rl
