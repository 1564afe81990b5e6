#include "commands.h"
#include "rl/client/report.h"

namespace rl::ctl {
namespace {

int show_status(const Session& session) {
  const auto snapshot = ask(session, &client::AdminClient::snapshot);
  if (!snapshot) {
    return fail_with(snapshot.error());
  }
  if (session.structured()) {
    print_data(session, client::encode(*snapshot));
  } else {
    print(client::status_report(*snapshot, session.display()));
  }
  return kOk;
}

}  // namespace

void add_status(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand(
      "status", "One screen: health, policy, store, instance, request and 429 rates");
  command->footer("Example:\n  rlctl status -o json");
  command->callback([&session] { session.exit_code = show_status(session); });
}

}  // namespace rl::ctl
