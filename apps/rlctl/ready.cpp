#include "commands.h"
#include "rl/client/readiness.h"

namespace rl::ctl {
namespace {

int show_ready(const Session& session) {
  const auto server = target_of(session);
  if (!server) {
    return fail_with(server.error());
  }
  const auto answer = client::ask_readiness(server->address, session.timeout, server->tls);
  if (!answer) {
    return fail_with(answer.error());
  }
  if (session.structured()) {
    print_data(session, {{"ready", answer->ready}, {"why_not", answer->why_not}});
  } else {
    print(answer->ready ? "ready\n" : "not ready: " + answer->why_not + "\n");
  }
  return answer->ready ? kOk : kNo;
}

}  // namespace

void add_ready(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand(
      "ready", "Does the server want traffic? Needs no token; exit code 10 says no");
  command->footer("Example:\n  rlctl ready --timeout 1s");
  command->callback([&session] { session.exit_code = show_ready(session); });
}

}  // namespace rl::ctl
