#include "rl/config/settings_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "rl/base/file.h"
#include "rl/config/names.h"
#include "rl/config/toml/document.h"

namespace rl {
namespace {

/// A value as the command line would spell it; nothing when it cannot be one.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* const text = node.as_string()) {
    return text->get();
  }
  if (const auto* const number = node.as_integer()) {
    return fmt::format("{}", number->get());
  }
  if (const auto* const real = node.as_floating_point()) {
    return fmt::format("{}", real->get());
  }
  if (const auto* const truth = node.as_boolean()) {
    return truth->get() ? "true" : "false";
  }
  return std::nullopt;
}

std::optional<std::vector<std::string>> values_of(const toml::node& node) {
  std::vector<std::string> values;
  if (const auto* const list = node.as_array()) {
    for (const toml::node& element : *list) {
      auto value = text_of(element);
      if (!value) {
        return std::nullopt;
      }
      values.push_back(*std::move(value));
    }
    return values;
  }
  auto value = text_of(node);
  if (!value) {
    return std::nullopt;
  }
  values.push_back(*std::move(value));
  return values;
}

}  // namespace

Result<std::vector<Setting>, Diagnostics> parse_settings(std::string_view text,
                                                         std::string_view file) {
  Faults faults(file);
  std::vector<Setting> settings;
  if (const auto document = parse_document(text, faults)) {
    for (const auto& [key, node] : *document) {
      const toml::source_position at = key.source().begin;
      auto values = values_of(node);
      if (!values) {
        faults.add({at.line, at.column}, fmt::format("{} is no setting", quoted(key.str())),
                   "a setting is text, a number, true or false, or a list of these");
        continue;
      }
      settings.push_back({.key = std::string(key.str()),
                          .values = *std::move(values),
                          .line = at.line,
                          .column = at.column});
    }
  }
  if (!faults.empty()) {
    return fail_with(std::move(faults).take());
  }
  std::sort(settings.begin(), settings.end(), [](const Setting& a, const Setting& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return settings;
}

Result<std::vector<Setting>, Diagnostics> load_settings(const std::string& path) {
  const auto text = read_file(path);
  if (!text) {
    Faults faults(path);
    faults.add({}, text.error().message, text.error().hint);
    return fail_with(std::move(faults).take());
  }
  return parse_settings(*text, path);
}

}  // namespace rl
