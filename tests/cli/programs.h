#pragma once

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "rl/base/file.h"
#include "tests/support/command.h"
#include "tests/support/paths.h"
#include "tests/support/rlserver.h"

namespace rl::test {

/// Runs one of our programs to its end.
inline Finished run_program(const std::string& name, const std::vector<std::string>& arguments,
                            const Environment& environment = {}) {
  std::vector<std::string> argv = {program(name)};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run({.argv = argv, .environment = environment});
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The text as JSON; discarded when it is none.
inline nlohmann::json parse_json(const std::string& text) {
  return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
}

/// Writes a file of a test and returns its path.
inline std::string put(const TemporaryDirectory& directory, const std::string& name,
                       const std::string& text, FileMode mode = FileMode::kPrivate) {
  std::string path = directory.path() + "/" + name;
  return write_file(path, text, mode) ? path : std::string();
}

/// The sample tiers file.
inline const std::string kSampleTiers = source_dir() + "/tiers.toml";

/// The running server as `rlctl status` tells it, without what changes by itself.
inline nlohmann::json steady_status(const RlServer& server) {
  nlohmann::json status = parse_json(server.rlctl({"status", "-o", "json"}).out);
  for (const char* const varying : {"uptime_seconds", "rates"}) {
    status.erase(varying);
  }
  return status;
}

}  // namespace rl::test
