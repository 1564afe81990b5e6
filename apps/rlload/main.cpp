#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/shell_support.h"
#include "commands.h"
#include "options.h"
#include "output.h"

int main(int argc, char** argv) {
  rl::load_app::Session session;

  CLI::App app("Drives load at a rate limiter and checks, from outside, what it promises",
               "rlload");
  app.fallthrough();  // global options may stand anywhere
  app.require_subcommand(1);
  app.set_version_flag("--version", "rlload " RL_VERSION);
  rl::cli::add_output_option(app, session.form)
      ->check(CLI::IsMember({"table", "json", "jsonl", "csv"}));
  app.add_flag("--no-color", session.no_color, "No colours, also on a terminal");
  app.footer(
      "Exit status: 0 pass, 1 failure, 2 usage, 3 unreachable, 98 inconclusive (the schedule was "
      "not\n"
      "kept), 99 something was proven wrong, 130 interrupted.");
  rl::load_app::add_demo(app, session);
  rl::load_app::add_quick(app, session);
  rl::load_app::add_draw(app, session);
  rl::cli::add_completion_command(app, rl::load_app::print);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return rl::load_app::explain_usage(app, error);
  }
  if (std::ferror(stdout) != 0) {
    rl::load_app::complain({.message = "cannot write the output"});
    return static_cast<int>(rl::load::ExitCode::kFailure);
  }
  return static_cast<int>(session.exit_code);
}
