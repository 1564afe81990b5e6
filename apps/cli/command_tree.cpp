#include "cli/command_tree.h"

#include <functional>

namespace rl::cli {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (std::size_t at = text.find(separator); at != std::string::npos;
       at = text.find(separator, from)) {
    parts.push_back(text.substr(from, at - from));
    from = at + 1;
  }
  parts.push_back(text.substr(from));
  return parts;
}

/// The words of "table|json" or of "{table,json}", which is how CLI11 tells of CLI::IsMember.
std::vector<std::string> choices_of(std::string text) {
  char separator = '|';
  if (text.starts_with('{') && text.ends_with('}')) {
    text = text.substr(1, text.size() - 2);
    separator = ',';
  }
  const bool words =
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-|,") == std::string::npos;
  auto parts = split(text, separator);
  return words && parts.size() > 1 ? parts : std::vector<std::string>();
}

/// Descriptions of options are laid out for --help: their lines are one text here.
std::string on_one_line(std::string text) {
  for (char& c : text) {
    c = c == '\n' ? ' ' : c;
  }
  return text;
}

Parameter parameter_of(const CLI::Option& option) {
  Parameter parameter;
  parameter.help = on_one_line(option.get_description());
  parameter.variable = option.get_envname();
  parameter.preset = option.get_default_str();
  parameter.required = option.get_required();
  for (const std::string& name : option.get_snames()) {
    parameter.names.push_back("-" + name);
  }
  for (const std::string& name : option.get_lnames()) {
    parameter.names.push_back("--" + name);
  }
  if (option.get_items_expected_max() > 0) {
    // "FORM:table|json": what it takes, and what its check has to say
    const std::string type = option.get_type_name();
    const std::size_t colon = type.find(':');
    parameter.value = type.substr(0, colon);
    parameter.choices = choices_of(type.substr(colon == std::string::npos ? 0 : colon + 1));
  }
  if (parameter.names.empty()) {
    parameter.names.push_back(option.get_name(/*positional=*/true));
  }
  return parameter;
}

Command command_of(const CLI::App& app, const std::string& above) {
  Command command{.path = above.empty() ? app.get_name() : above + " " + app.get_name(),
                  .help = app.get_description(),
                  .footer = app.get_footer(),
                  .options = {},
                  .arguments = {},
                  .commands = {}};
  for (const CLI::Option* const option : app.get_options()) {
    if (!option->get_group().empty()) {
      (option->get_positional() ? command.arguments : command.options)
          .push_back(parameter_of(*option));
    }
  }
  for (const CLI::App* const below : app.get_subcommands(std::function<bool(const CLI::App*)>())) {
    if (!below->get_group().empty()) {
      command.commands.push_back(command_of(*below, command.path));
    }
  }
  return command;
}

}  // namespace

Command command_tree(const CLI::App& app) {
  return command_of(app, "");
}

}  // namespace rl::cli
