#include "rl/store/store.h"

#include <functional>

namespace rl {

BucketId BucketId::of(std::string_view owner, std::string_view rule) {
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15U;
  const std::hash<std::string_view> hash;
  std::uint64_t mixed = hash(owner) + kGolden * hash(rule);
  mixed ^= mixed >> 32U;  // shards take the high bits, slots the low ones: both must be good
  mixed *= kGolden;
  return {.owner = owner, .rule = rule, .hash = mixed ^ (mixed >> 29U)};
}

}  // namespace rl
