#include "rl/config/data_dir.h"

#include <cstdlib>
#include <string_view>

namespace rl {
namespace {

/// The variable's value; an empty one counts as not set (XDG Base Directory Specification 0.8).
std::string_view environment(const char* name) {
  const char* const value =
      std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody calls setenv
  return value == nullptr ? std::string_view{} : value;
}

}  // namespace

std::string default_data_dir() {
  if (const auto chosen = environment("RL_DATA_DIR"); !chosen.empty()) {
    return std::string(chosen);
  }
  if (const auto state = environment("XDG_STATE_HOME"); !state.empty()) {
    return std::string(state) + "/rl";
  }
  if (const auto home = environment("HOME"); !home.empty()) {
    return std::string(home) + "/.local/state/rl";
  }
  return "/var/lib/rl";
}

}  // namespace rl
