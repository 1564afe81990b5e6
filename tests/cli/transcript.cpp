#include "tests/cli/transcript.h"

namespace rl::test {
namespace {

constexpr std::string_view kAny = "…";

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

bool line_matches(std::string_view expected, std::string_view line) {
  const std::size_t any = expected.find(kAny);
  if (any == std::string_view::npos) {
    return expected == line;
  }
  if (!line.starts_with(expected.substr(0, any))) {
    return false;
  }
  const std::string_view rest = expected.substr(any + kAny.size());
  for (std::size_t at = any; at <= line.size(); ++at) {
    if (line_matches(rest, line.substr(at))) {
      return true;
    }
  }
  return false;
}

using Lines = std::vector<std::string_view>;

bool lines_match(const Lines& expected, std::size_t from, const Lines& lines, std::size_t at) {
  for (; from < expected.size(); ++from, ++at) {
    if (expected[from] == kAny) {
      for (std::size_t next = at; next <= lines.size(); ++next) {
        if (lines_match(expected, from + 1, lines, next)) {
          return true;
        }
      }
      return false;
    }
    if (at == lines.size() || !line_matches(expected[from], lines[at])) {
      return false;
    }
  }
  return at == lines.size();
}

}  // namespace

bool matches(std::string_view expected, std::string_view text) {
  return lines_match(lines_of(expected), 0, lines_of(text), 0);
}

std::vector<Block> blocks_of(std::string_view markdown) {
  constexpr std::string_view kFence = "```";
  std::vector<Block> blocks;
  bool inside = false;
  std::size_t number = 0;
  for (const std::string_view line : lines_of(markdown)) {
    ++number;
    if (line.starts_with(kFence)) {
      inside = !inside;
      if (inside) {
        blocks.push_back({std::string(line.substr(kFence.size())), number, ""});
      }
    } else if (inside) {
      blocks.back().text.append(line).append("\n");
    }
  }
  return blocks;
}

std::vector<Step> steps_of(const Block& block) {
  const bool console = block.language == "console";
  if (!console && block.language != "sh") {
    return {};
  }
  std::vector<Step> steps;
  std::size_t number = block.line;
  for (const std::string_view line : lines_of(block.text)) {
    ++number;
    if (!console) {
      if (!line.empty() && !line.starts_with('#')) {
        steps.push_back({std::string(line), "", number});
      }
    } else if (line.starts_with("$ ")) {
      steps.push_back({std::string(line.substr(2)), "", number});
    } else if (line.starts_with("> ") && !steps.empty() && steps.back().output.empty()) {
      steps.back().command.append("\n").append(line.substr(2));
    } else if (!steps.empty()) {
      steps.back().output.append(line).append("\n");
    }
  }
  return steps;
}

}  // namespace rl::test
