#include "rl/load/draw.h"

#include <memory>

#include "commands.h"
#include "options.h"
#include "output.h"
#include "rl/base/duration.h"

namespace rl::load_app {
namespace {

load::ExitCode run(const load::DrawOptions& options, const Session& session) {
  const auto report = load::run_draw(options);
  if (!report) {
    complain(report.error().error);
    return report.error().code;
  }
  print(session.structured() ? in_form(session.form, load::render_json(*report), "algorithms")
                             : load::render_table(*report, standard_output(session.no_color)));
  return load::ExitCode::kPass;
}

}  // namespace

void add_draw(CLI::App& app, Session& session) {
  const auto options = std::make_shared<load::DrawOptions>();
  options->version = RL_VERSION;

  CLI::App* const command = app.add_subcommand(
      "draw",
      "Draws what each algorithm does with a limit when bursts meet at a window's boundary");
  command->add_option("--out", options->directory, "Where to write <algorithm>.svg")
      ->type_name("DIR")
      ->capture_default_str();
  add_parsed(*command, "--algorithm", options->algorithm, load::parse_algorithm,
             "Draw this one alone")
      ->type_name("NAME");
  add_parsed(*command, "--window", options->window, parse_duration, "The limit's window")
      ->type_name("TIME")
      ->default_str(format_duration(options->window));
  command->add_option("--base", options->base, "The limit's promise, in units")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--burst", options->burst, "The number in force, if more than the base")
      ->type_name("N");
  command->footer(
      "The algorithms are the server's own; no server is needed. Example:\n"
      "  rlload draw --out . --window 1m --base 100 --burst 150");
  command->callback([options, &session] { session.exit_code = run(*options, session); });
}

}  // namespace rl::load_app
