#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

#include "cli/arguments.h"
#include "cli/shell_support.h"
#include "commands.h"
#include "options.h"
#include "rl/base/process.h"
#include "rl/config/data_dir.h"

namespace rl::ctl {
namespace {

constexpr char kExamples[] =
    "Examples:\n"
    "  rlctl status\n"
    "  rlctl health set degraded --for 15m\n"
    "  rlctl users create --name alice --tier pro\n"
    "  rlctl keys create --user 1\n"
    "  rlctl check - --cost 5 < key.txt\n"
    "  rlctl --server http://10.0.0.5:8081 --token-file token tiers list -o json\n"
    "\n"
    "RLCTL_TOKEN may hold the token itself. With nothing set, the server that runs on this "
    "machine\n"
    "is found through its data directory.\n"
    "\n"
    "Exit codes: 0 ok, 1 failure, 2 usage, 3 unreachable or timeout, 4 not authorised, 5 not "
    "found,\n"
    "6 conflict, 7 invalid configuration, 10 the answer is no, 130 interrupted.";

void add_global_options(CLI::App& app, Session& session) {
  cli::add_output_option(app, session.form)->transform(one_of({"table", "json", "jsonl", "csv"}));
  app.add_option("--server", session.choice.server, "The admin listener: http[s]://HOST:PORT")
      ->envname("RLCTL_SERVER")
      ->type_name("URL");
  app.add_option("--token-file", session.choice.token_file, "The file that holds its admin token")
      ->envname("RLCTL_TOKEN_FILE")
      ->type_name("FILE");
  app.add_option("--context", session.context, "The server of this name: rlctl context list")
      ->envname("RLCTL_CONTEXT")
      ->type_name("NAME");
  app.add_option("--ca-file", session.choice.tls.ca_file,
                 "PEM file of the authorities to trust for https; else those of the system")
      ->envname("RLCTL_CA_FILE")
      ->type_name("FILE");
  auto* const certificate =
      app.add_option("--client-cert", session.choice.tls.certificate_file,
                     "PEM file with our certificate, for a server that asks for one")
          ->envname("RLCTL_CLIENT_CERT")
          ->type_name("FILE");
  auto* const key = app.add_option("--client-key", session.choice.tls.key_file,
                                   "PEM file with the key of our certificate")
                        ->envname("RLCTL_CLIENT_KEY")
                        ->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  app.add_option("--data-dir", session.choice.data_dir, "Where the local server keeps its data")
      ->type_name("DIR")
      ->capture_default_str();
  add_duration(app, "--timeout", "How long to wait for an answer", [&session](Micros time) {
    session.timeout = time;
  })->default_str("5s");
  app.add_flag("--no-color", session.no_color, "No colours, also on a terminal");
  app.add_flag("--yes", session.yes, "Do what cannot be undone without asking");
  app.set_version_flag("--version", "rlctl " RL_VERSION);
}

void add_version(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand("version", "The version of rlctl");
  command->footer("Example:\n  rlctl version -o json");
  command->callback([&session] {
    if (session.structured()) {
      print_data(session, {{"version", RL_VERSION}});
    } else {
      print("rlctl " RL_VERSION "\n");
    }
  });
}

int run(int argc, char** argv) {
  Session session;
  session.arguments = cli::arguments_of(argc, argv);
  session.choice.data_dir = default_data_dir();
  const char* const token = std::getenv("RLCTL_TOKEN");  // NOLINT(concurrency-mt-unsafe): no setenv
  session.choice.token = token == nullptr ? "" : token;

  CLI::App app("Administers a rate limiting server", "rlctl");
  app.fallthrough();  // global options may stand anywhere
  app.require_subcommand(1);
  app.footer(kExamples);
  add_global_options(app, session);
  add_status(app, session);
  add_ready(app, session);
  add_top(app, session);
  add_health(app, session);
  add_tiers(app, session);
  add_users(app, session);
  add_keys(app, session);
  add_audit(app, session);
  add_check(app, session);
  add_context(app, session);
  add_version(app, session);
  cli::add_completion_command(app, print);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return explain_usage(app, error);
  }
  if (std::ferror(stdout) != 0) {
    complain("cannot write the output");
    return kFailure;
  }
  return session.exit_code;
}

}  // namespace
}  // namespace rl::ctl

int main(int argc, char** argv) {
  rl::forbid_core_dumps();  // which would hold the token
  ::signal(SIGINT, [](int) { ::_exit(rl::ctl::kInterrupted); });
  return rl::ctl::run(argc, argv);
}
