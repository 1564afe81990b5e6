#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "rl/config/policy_file.h"

namespace rl::test {

/// One broken file and the whole of what is told about it.
struct Broken {
  std::string text;
  std::string_view told;
};

/// "FILE:LINE:COLUMN: error: …" of every fault, a line each; hints follow on theirs.
inline std::string told_about(std::string_view text) {
  const auto policy = parse_policy(text, "tiers.toml");
  std::string told;
  for (const auto& fault : policy ? Diagnostics{} : policy.error()) {
    told += (told.empty() ? "" : "\n") + fault.to_string();
  }
  return told;
}

inline void check_all(const std::vector<Broken>& table) {
  for (const Broken& broken : table) {
    CAPTURE(broken.text);
    CHECK(told_about(broken.text) == broken.told);
  }
}

inline constexpr char kHead[] = "version = 1\ndefault_tier = \"free\"\n";

/// What is given stands from line 5 on.
inline std::string after_tiers(std::string_view text) {
  return std::string(kHead) + "[tiers.free]\nunlimited = true\n" + std::string(text);
}

/// What is given stands from line 4 on.
inline std::string in_tier(std::string_view text) {
  return std::string(kHead) + "[tiers.free]\n" + std::string(text);
}

/// What is given stands from line 4 on, in a limit that has nothing else.
inline std::string in_limit(std::string_view text) {
  return std::string(kHead) + "[[tiers.free.limits]]\n" + std::string(text);
}

/// What is given stands from line 6 on, in a route that has nothing else.
inline std::string in_route(std::string_view text) {
  return after_tiers("[[routes]]\n" + std::string(text));
}

/// So many limits, each with a name of its own, four lines each.
inline std::string limits(std::string_view header, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += std::string(header) + "\nname = \"n" + std::to_string(i) +
            "\"\nwindow = \"1s\"\nbase = 1\n";
  }
  return text;
}

}  // namespace rl::test
