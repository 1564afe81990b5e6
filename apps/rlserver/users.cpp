#include "users.h"

#include <utility>

#include "rl/identity/demo_identity.h"
#include "rl/identity/redis/redis_directory.h"
#include "rl/identity/sqlite/sqlite_directory.h"

namespace rlserver {

std::vector<std::string> demo_tiers(const Options& options, const rl::Policy& policy) {
  std::vector<std::string> names;
  for (const rl::Tier& tier : policy.tiers) {
    if (options.dev) {
      names.push_back(tier.name);
    }
  }
  return names;
}

rl::Result<Users> open_users(const Options& options, const DataDirectory& directory,
                             const rl::Policy& policy, const rl::Clock& clock, const rl::Log& log) {
  if (options.redis && !options.dev) {
    return Users(std::make_unique<rl::RedisDirectory>(
        rl::RedisDirectory::Options{.url = *options.redis, .trusted_for = options.known_keys_for},
        clock, log));
  }
  auto opened = rl::SqliteDirectory::open(options.dev ? ":memory:" : directory.users_file(), clock);
  if (!opened) {
    return rl::fail_with(opened.error());
  }
  for (const std::string& tier : demo_tiers(options, policy)) {
    const auto made =
        (*opened)->create_user({.name = rl::DemoIdentity::user_of(tier), .tier = tier},
                               {.name = "rlserver --dev", .origin = ""});
    if (!made) {
      return rl::fail(made.error().message);
    }
  }
  return Users(std::move(*opened));
}

}  // namespace rlserver
