#include "cli/shell_support.h"

#include <memory>
#include <utility>

#include "cli/completion.h"
#include "cli/man_page.h"

namespace rl::cli {
namespace {

CLI::Validator one_of_the_shells() {
  return CLI::IsMember({"bash", "zsh", "fish"});
}

/// Ends the parsing with a text for stdout, as --version does; CLI11 ends it with a line end.
[[noreturn]] void print_instead(std::string text) {
  while (text.ends_with('\n')) {
    text.pop_back();
  }
  throw CLI::CallForVersion(text, 0);
}

void add_man_page(CLI::App& app) {
  app.add_flag_callback("--man-page",
                        [&app] { print_instead(man_page(command_tree(app), RL_VERSION)); })
      ->group("");
}

}  // namespace

void add_completion_command(CLI::App& app, std::function<void(const std::string&)> print) {
  CLI::App* const command =
      app.add_subcommand("completion", "The script that completes this program in a shell");
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "The shell")
      ->check(one_of_the_shells())
      ->type_name("SHELL")
      ->required();
  command->footer("Example:\n  " + app.get_name() + " completion bash > " + app.get_name() +
                  ".bash");
  command->callback(
      [&app, shell, print = std::move(print)] { print(completion(command_tree(app), *shell)); });
  add_man_page(app);
}

CLI::Option* add_completion_option(CLI::App& app) {
  add_man_page(app);
  return app
      .add_option_function<std::string>(
          "--completion",
          [&app](const std::string& shell) { print_instead(completion(command_tree(app), shell)); },
          "print the script that completes this program in bash, zsh or fish")
      ->check(one_of_the_shells())
      ->type_name("SHELL");
}

}  // namespace rl::cli
