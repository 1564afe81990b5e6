#include "rl/identity/demo_identity.h"

#include <fmt/core.h>

#include <algorithm>

namespace rl {
namespace {

constexpr std::string_view kPrefix = "rlk_demo_";
constexpr std::size_t kLongestSuffix = 32;

bool is_suffix(std::string_view text) {
  return !text.empty() && text.size() <= kLongestSuffix &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

}  // namespace

std::string DemoIdentity::key_of(std::string_view tier) {
  return fmt::format("{}{}", kPrefix, tier);
}

std::optional<Caller> DemoIdentity::find_key(std::string_view key) const {
  if (!key.starts_with(kPrefix)) {
    return std::nullopt;
  }
  const std::string_view name = key.substr(kPrefix.size());
  const std::size_t dot = name.find('.');
  const auto tier = std::find(tiers_.begin(), tiers_.end(), name.substr(0, dot));
  if (tier == tiers_.end() || (dot != std::string_view::npos && !is_suffix(name.substr(dot + 1)))) {
    return std::nullopt;
  }
  auto caller = find_user(static_cast<std::uint64_t>(tier - tiers_.begin()) + 1);
  caller->key_id = fmt::format("demo-{}", name);
  caller->key_owner = owner_name("k:", caller->key_id);
  return caller;
}

std::optional<Caller> DemoIdentity::find_user(std::uint64_t id) const {
  if (id == 0 || id > tiers_.size()) {
    return std::nullopt;
  }
  const std::string& tier = tiers_[id - 1];
  const std::string key_id = fmt::format("demo-{}", tier);
  return Caller{.user_id = id,
                .user_name = fmt::format("demo {} user", tier),
                .key_id = key_id,
                .tier = tier,
                .key_owner = owner_name("k:", key_id),
                .user_owner = owner_name("u:", std::to_string(id))};
}

}  // namespace rl
