#include "rl/load/draw.h"

#include <fmt/core.h>

#include <filesystem>

#include "rl/base/duration.h"
#include "rl/base/file.h"
#include "rl/config/names.h"
#include "rl/config/policy_file.h"
#include "rl/load/boundary_picture.h"

namespace rl::load {
namespace {

/// The limit as the server would have it while NORMAL. It is read by the reader of the tiers file,
/// so that both accept the same.
Result<Limit> read_limit(const DrawOptions& options, Algorithm algorithm) {
  const std::string text = fmt::format(
      "version = 1\ndefault_tier = \"drawn\"\n[[tiers.drawn.limits]]\nname = \"drawn\"\n"
      "window = \"{}\"\nbase = {}\nburst = {}\nalgorithm = \"{}\"\n",
      format_duration(options.window), options.base, options.burst.value_or(options.base),
      to_string(algorithm));
  const auto policy = parse_policy(text, "limit");
  if (!policy) {
    const Diagnostic& first = policy.error().front();
    return fail(first.message, first.hint);
  }
  const Rule& rule = policy->tiers.front().rules.front();
  return Limit{.algorithm = rule.algorithm,
               .window = rule.window,
               .units = rule.effective(HealthState::kNormal),
               .base = rule.base,
               .degraded = rule.degraded};
}

}  // namespace

Result<Algorithm> parse_algorithm(std::string_view text) {
  std::vector<std::string> names;
  for (const Algorithm algorithm : kAlgorithms) {
    names.emplace_back(to_string(algorithm));
    if (names.back() == text) {
      return algorithm;
    }
  }
  return fail(fmt::format("unknown algorithm {}", quoted(text)), suggest(text, names));
}

Result<DrawReport, Abort> run_draw(const DrawOptions& options) {
  DrawReport report{.version = options.version, .drawings = {}};
  for (const Algorithm algorithm : kAlgorithms) {
    if (options.algorithm && *options.algorithm != algorithm) {
      continue;
    }
    const auto limit = read_limit(options, algorithm);
    if (!limit) {
      return fail_with(Abort{ExitCode::kUsage, limit.error()});
    }
    const std::filesystem::path directory = options.directory;
    report.drawings.push_back(
        {.played = play_boundary(*limit),
         .path = (directory / fmt::format("{}.svg", to_string(algorithm))).string()});
  }
  for (const Drawing& drawing : report.drawings) {
    const auto written = write_file(drawing.path, draw_boundary(drawing.played), FileMode::kPublic);
    if (!written) {
      return fail_with(Abort{ExitCode::kFailure, written.error()});
    }
  }
  return report;
}

}  // namespace rl::load
