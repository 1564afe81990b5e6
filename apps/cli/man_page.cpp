#include "cli/man_page.h"

#include <fmt/format.h>

#include <cctype>
#include <sstream>

namespace rl::cli {
namespace {

/// Text as roff shows it unchanged: a hyphen is a minus, and no line begins with a control.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool begins = out.empty() || out.back() == '\n';
    if (begins && (c == '.' || c == '\'')) {
      out += "\\&";
    }
    out += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
  }
  return out;
}

std::string bold(const std::string& text) {
  return "\\fB" + plain(text) + "\\fR";
}

std::string italic(const std::string& text) {
  return "\\fI" + plain(text) + "\\fR";
}

std::string upper(std::string text) {
  for (char& c : text) {
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return text;
}

/// A description, which has no full stop in --help.
std::string sentence(const std::string& help) {
  return plain(help) + (help.empty() || help.ends_with('.') ? "" : ".");
}

std::string entry(const Parameter& option) {
  std::string names;
  for (const std::string& name : option.names) {
    names += (names.empty() ? "" : ", ") + bold(name);
  }
  std::string text = fmt::format(".TP\n{}", names);
  if (!option.value.empty()) {
    text += " " + italic(option.value);
  }
  text += "\n" + sentence(option.help);
  const auto& choices = option.choices;
  if (!choices.empty() && fmt::format("{}", fmt::join(choices, "|")) != option.value) {
    text += fmt::format(" One of {}.", plain(fmt::format("{}", fmt::join(choices, ", "))));
  }
  if (!option.preset.empty() && option.preset.front() != '/') {  // not the home of who builds it
    text += fmt::format(" Default: {}.", plain(option.preset));
  }
  if (!option.variable.empty()) {
    text += fmt::format(" Variable: {}.", bold(option.variable));
  }
  return text + "\n";
}

/// "rlctl users set-tier ID TIER"
std::string usage(const Command& command) {
  std::string text = bold(command.path);
  for (const Parameter& argument : command.arguments) {
    const std::string name = italic(argument.value);
    text += argument.required ? " " + name : " [" + name + "]";
  }
  return text;
}

/// Text that keeps its lines.
std::string verbatim(const std::string& text) {
  return ".nf\n" + plain(text) + "\n.fi\n";
}

std::string command_section(const Command& command) {
  std::string text;
  if (command.commands.empty()) {
    text += ".SS " + usage(command) + "\n" + sentence(command.help) + "\n";
    for (const Parameter& option : command.options) {
      if (option.names.back() != "--help") {  // told once for all commands
        text += entry(option);
      }
    }
    if (!command.footer.empty()) {
      text += ".PP\n" + verbatim(command.footer);
    }
  }
  for (const Command& below : command.commands) {
    text += command_section(below);
  }
  return text;
}

}  // namespace

std::string man_page(const Command& program, const std::string& version) {
  std::string text = fmt::format(".TH {} 1 \"\" \"rl {}\" \"rl\"\n", upper(program.path), version);
  text += ".SH NAME\n" + plain(program.path) + " \\- " + plain(program.help) + "\n";
  text += ".SH SYNOPSIS\n" + bold(program.path) + " [" + italic("OPTIONS") + "]";
  text += program.commands.empty() ? "\n" : " " + italic("COMMAND") + "\n";
  text += ".SH OPTIONS\n";
  for (const Parameter& option : program.options) {
    text += entry(option);
  }
  if (!program.commands.empty()) {
    text += ".SH COMMANDS\n";
    for (const Command& command : program.commands) {
      text += command_section(command);
    }
  }
  if (!program.footer.empty()) {
    text += ".SH NOTES\n" + verbatim(program.footer);
  }
  return text;
}

}  // namespace rl::cli
