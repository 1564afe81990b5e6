#include "options.h"

#include <fmt/core.h>

#include <functional>
#include <vector>

#include "output.h"
#include "rl/base/text.h"
#include "rl/load/quick.h"
#include "rl/load/verdict.h"

namespace rl::load_app {
namespace {

/// The names of commands, and of the options of the command that was called.
std::vector<std::string> known_names(const CLI::App& app) {
  std::vector<std::string> names;
  const auto add_options = [&](const CLI::App& command) {
    for (const CLI::Option* const option : command.get_options()) {
      for (const std::string& name : option->get_lnames()) {
        names.push_back("--" + name);
      }
    }
  };
  add_options(app);
  for (const CLI::App* const command : app.get_subcommands()) {
    add_options(*command);
  }
  for (const CLI::App* const command :
       app.get_subcommands(std::function<bool(const CLI::App*)>())) {
    names.push_back(command->get_name());
  }
  return names;
}

}  // namespace

void add_run_options(CLI::App& command, std::size_t& connections, std::uint64_t& seed) {
  command.add_option("--connections", connections, "How many, each a thread of its own")
      ->check(CLI::Range(std::size_t{1}, load::kMaxConnections))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--seed", seed, "Names the run")->type_name("N")->capture_default_str();
}

int explain_usage(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {
    return app.exit(error);
  }
  const std::vector<std::string> unknown = app.remaining(/*recurse=*/true);
  if (unknown.empty()) {
    complain({.message = error.what(), .hint = "rlload --help tells more"});
  } else {
    const auto near = nearest(unknown.front(), known_names(app));
    complain(
        {.message = fmt::format("unknown argument \"{}\"", unknown.front()),
         .hint = near ? fmt::format("did you mean \"{}\"?", *near) : "rlload --help tells more"});
  }
  return static_cast<int>(load::ExitCode::kUsage);
}

}  // namespace rl::load_app
