#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>

#include "commands.h"
#include "options.h"
#include "rl/client/user_report.h"

namespace rl::ctl {
namespace {

int list(const Session& session, std::optional<Micros> age) {
  auto admin = connect(session);
  if (!admin) {
    return fail_with(admin.error());
  }
  std::int64_t since = 0;
  if (age) {
    const auto begin = SystemClock().wall_now().time_since_epoch() - *age;
    since = std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(begin).count());
  }
  client::AuditList all;
  std::optional<std::uint64_t> before;
  do {
    auto page = admin->audit(since, before);
    if (!page) {
      return fail_with(page.error());
    }
    std::move(page->entries.begin(), page->entries.end(), std::back_inserter(all.entries));
    before = page->next_before;
  } while (before);
  if (session.structured()) {
    print_data(session, client::encode(all), "entries");
  } else {
    print(client::audit_report(all, session.display()));
  }
  return kOk;
}

}  // namespace

void add_audit(CLI::App& app, Session& session) {
  CLI::App* const audit = app.add_subcommand("audit", "Who changed what");
  audit->require_subcommand(1);
  CLI::App* const command = audit->add_subcommand("list", "A line per change, the latest first");
  const auto age = std::make_shared<std::optional<Micros>>();
  add_duration(*command, "--since", "Only changes younger than this",
               [age](Micros time) { *age = time; });
  command->footer("Example:\n  rlctl audit list --since 1h");
  command->callback([&session, age] { session.exit_code = list(session, *age); });
}

}  // namespace rl::ctl
