#include "rl/identity/demo_identity.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace rl {
namespace {

constexpr std::string_view kPrefix = "rlk_demo_";
constexpr std::size_t kLongestSuffix = 32;

/// The demo user of the tier at that index, with the plain key.
Caller caller_of(const Policy& policy, std::size_t index) {
  const std::string& tier = policy.tiers[index].name;
  const std::string key_id = fmt::format("demo-{}", tier);
  return Caller{.user_id = index + 1,
                .user_name = DemoIdentity::user_of(tier),
                .key_id = key_id,
                .tier = tier,
                .key_owner = owner_name("k:", key_id),
                .user_owner = owner_name("u:", std::to_string(index + 1))};
}

bool is_suffix(std::string_view text) {
  return !text.empty() && text.size() <= kLongestSuffix &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

}  // namespace

const NoIdentity DemoIdentity::kNobody;

std::string DemoIdentity::key_of(std::string_view tier) {
  return fmt::format("{}{}", kPrefix, tier);
}

std::string DemoIdentity::user_of(std::string_view tier) {
  return fmt::format("demo {} user", tier);
}

CallerLookup DemoIdentity::find_key(std::string_view key) const {
  if (!key.starts_with(kPrefix)) {
    return others_.find_key(key);
  }
  const std::string_view name = key.substr(kPrefix.size());
  const std::size_t dot = name.find('.');
  const auto policy = policies_.snapshot();
  const Tier* const tier = policy->find_tier(name.substr(0, dot));
  if (tier == nullptr || (dot != std::string_view::npos && !is_suffix(name.substr(dot + 1)))) {
    return std::optional<Caller>();
  }
  Caller caller = caller_of(*policy, static_cast<std::size_t>(tier - policy->tiers.data()));
  caller.key_id = fmt::format("demo-{}", name);
  caller.key_owner = owner_name("k:", caller.key_id);
  return std::optional(std::move(caller));
}

CallerLookup DemoIdentity::find_user(std::uint64_t id) const {
  auto other = others_.find_user(id);
  const auto policy = policies_.snapshot();
  if (!other || id == 0 || id > policy->tiers.size()) {
    return other;
  }
  Caller caller = caller_of(*policy, id - 1);
  if (*other) {  // it may have been given another tier
    caller.tier = (*other)->tier;
  }
  return std::optional(std::move(caller));
}

}  // namespace rl
