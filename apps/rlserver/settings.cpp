#include "settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <utility>

#include "cli/arguments.h"
#include "rl/base/text.h"

namespace rlserver {
namespace {

constexpr char kMask[] = "***";

bool is_setting(const CLI::Option& option) {
  return !option.get_group().empty() && option.get_group() != kActions &&
         !option.get_lnames().empty();
}

std::string key_of(const CLI::Option& option) {
  return option.get_lnames().front();
}

bool is_flag(const CLI::Option& option) {
  return option.get_items_expected_max() == 0;
}

/// The value without the password that a URL may hold; of a setting whose name says that it is a
/// secret nothing is left.
std::string masked(const std::string& key, const std::string& value) {
  static const std::regex password_in_url("(://[^/@]*:)[^/@]*@");
  static const std::regex secret_name("(^|-)(token|secret|password)$");
  if (std::regex_search(key, secret_name) && !value.empty()) {
    return kMask;
  }
  return std::regex_replace(value, password_in_url, fmt::format("$1{}@", kMask));
}

/// A basic string of TOML.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F
               ? fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)))
               : std::string(1, c);
  }
  return out + '"';
}

std::string toml_value(const std::string& text, bool flag) {
  const bool number = !text.empty() && text.size() < 18 &&
                      text.find_first_not_of("0123456789") == std::string::npos &&
                      (text == "0" || text.front() != '0');
  return flag || number ? text : quoted(text);
}

/// The values of an option as they stand in a file; empty: it has none.
std::string shown(const CLI::Option& option) {
  const bool flag = is_flag(option);
  std::vector<std::string> values = option.results();
  if (values.empty() && !option.get_default_str().empty()) {
    values.push_back(option.get_default_str());
  }
  if (values.empty()) {
    return flag ? "false" : "";
  }
  for (std::string& value : values) {
    value = toml_value(masked(key_of(option), value), flag);
  }
  const bool list = option.get_expected_max() > 1;
  return list ? fmt::format("[{}]", fmt::join(values, ", ")) : values.back();
}

}  // namespace

Settings::Settings(CLI::App& app, std::vector<std::string> arguments)
    : app_(app), arguments_(std::move(arguments)) {}

rl::Diagnostics Settings::read(const std::string& path) {
  file_ = path;
  auto settings = rl::load_settings(path);
  if (!settings) {
    return settings.error();
  }
  std::map<std::string, CLI::Option*> options;
  std::vector<std::string> names;
  for (CLI::Option* const option : app_.get_options([](const CLI::Option*) { return true; })) {
    if (is_setting(*option)) {
      options.emplace(key_of(*option), option);
      names.push_back(key_of(*option));
    }
  }
  rl::Diagnostics faults;
  const auto fault = [&](const rl::Setting& at, std::string message, std::string hint) {
    faults.push_back({path, at.line, at.column, std::move(message), std::move(hint)});
  };
  for (const rl::Setting& setting : *settings) {
    const auto found = options.find(setting.key);
    if (found == options.end()) {
      const auto meant = rl::nearest(setting.key, names);
      fault(setting, fmt::format("unknown setting {}", quoted(setting.key)),
            meant ? fmt::format("did you mean \"{}\"?", *meant) : "rlserver --help shows them all");
      continue;
    }
    CLI::Option& option = *found->second;
    if (option.count() > 0 || setting.values.empty()) {
      continue;  // the command line and the variable go before the file
    }
    try {
      option.add_result(setting.values);
      option.run_callback();
      from_file_.emplace(setting.key, setting);
    } catch (const CLI::ParseError& error) {
      fault(setting, error.what(), "");
    }
  }
  return faults;
}

const rl::Setting* Settings::quoted_in(std::string_view message) const {
  for (const auto& [key, setting] : from_file_) {
    for (const std::string& value : setting.values) {
      if (message.find(fmt::format("\"{}\"", value)) != std::string_view::npos) {
        return &setting;
      }
    }
  }
  return nullptr;
}

std::string Settings::origin_of(const CLI::Option& option) const {
  const std::string key = key_of(option);
  if (const auto found = from_file_.find(key); found != from_file_.end()) {
    return fmt::format("{}:{}", file_, found->second.line);
  }
  if (rl::cli::is_given(arguments_, "--" + key)) {
    return "flag";
  }
  return option.count() > 0 ? "variable " + option.get_envname() : "default";
}

std::string Settings::to_text() const {
  std::vector<std::pair<std::string, std::string>> lines;
  std::size_t width = 0;
  for (const CLI::Option* const option : std::as_const(app_).get_options()) {
    if (is_setting(*option)) {
      const std::string value = shown(*option);
      lines.emplace_back(
          value.empty() ? "# " + key_of(*option) : fmt::format("{} = {}", key_of(*option), value),
          value.empty() ? "not set" : origin_of(*option));
      width = std::max(width, lines.back().first.size());
    }
  }
  std::string text;
  for (const auto& [line, origin] : lines) {
    text += fmt::format("{:<{}}  # {}\n", line, width, origin);
  }
  return text;
}

}  // namespace rlserver
