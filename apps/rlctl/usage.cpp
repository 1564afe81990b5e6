#include "usage.h"

#include "options.h"
#include "rl/base/duration.h"
#include "rl/client/user_report.h"

namespace rl::ctl {

void add_usage_options(CLI::App& command, const std::shared_ptr<client::UsageQuery>& query) {
  add_duration(command, "--for", "How far back, at most 7d", [query](Micros time) {
    query->time = std::chrono::seconds{ceil_seconds(time)};
  })->default_str("1h");
  add_duration(command, "--step", "The time of one line, in whole minutes", [query](Micros time) {
    query->step = std::chrono::seconds{ceil_seconds(time)};
  })->default_str("1m");
}

int report_usage(const Session& session, const client::UsageQuery& query) {
  const auto usage = ask(session, [&](client::AdminClient& admin) { return admin.usage(query); });
  if (!usage) {
    return fail_with(usage.error());
  }
  if (session.structured()) {
    print_data(session, client::encode(*usage));
  } else {
    print(client::usage_report(*usage, session.display()));
  }
  return kOk;
}

}  // namespace rl::ctl
