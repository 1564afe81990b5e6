#include "own_changes.h"

#include <fmt/core.h>

#include <algorithm>

namespace rlserver {

void OwnChanges::policy_loaded(std::string_view who, const rl::PolicyUpdate& update) const {
  if (update.version == update.before) {
    return;
  }
  constexpr std::string_view kAction = "tiers.change";
  tell(parts_.directory.record({.at = parts_.clock.wall_now(),
                                .actor = std::string(who),
                                .origin = "instance " + parts_.instance,
                                .action = std::string(kAction),
                                .subject = "reload",
                                .before = fmt::format("policy v{}", update.before),
                                .after = fmt::format("policy v{}", update.version)}),
       kAction);
}

void OwnChanges::health_ended(const rl::HealthRecord& now) const {
  // The end of a state has the version after it.
  const auto history = parts_.health.history();
  const auto before = std::find_if(history.begin(), history.end(), [&](const auto& record) {
    return record.health.version + 1 == now.health.version;
  });
  constexpr std::string_view kAction = "health.set";
  tell(parts_.directory.record_once({.at = parts_.clock.wall_now(),
                                     .actor = "ttl",
                                     .action = std::string(kAction),
                                     .subject = fmt::format("health v{}", now.health.version),
                                     .before = before == history.end() ? "" : words_of(*before),
                                     .after = words_of(now)}),
       kAction);
}

void OwnChanges::tell(const rl::DirectoryResult<void>& written, std::string_view action) const {
  if (!written) {
    parts_.log.error("a change is missing in the audit log",
                     {{"action", action}, {"why", written.error().message}});
  }
}

}  // namespace rlserver
