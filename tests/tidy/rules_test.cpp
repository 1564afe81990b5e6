#include "tests/tidy/rules.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/tidy/prefixes.h"

using rl::tidy::Findings;
using rl::tidy::make_source;
using rl::tidy::Rule;
using rl::tidy::Source;

namespace {

std::string lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += "int x;\n";
  }
  return text;
}

/// A source, and the line of the one finding that the rule makes of it; 0: none.
struct Example {
  Findings (*check)(const Source&);
  std::string path;
  std::string text;
  std::size_t line;
  bool has_own_header = false;
};

std::vector<Example> text_examples() {
  using namespace rl::tidy;
  return {
      {check_length, "lib/rl/base/a.cpp", lines(400), 0},
      {check_length, "lib/rl/base/a.cpp", lines(401), 401},

      {check_header_guard, "lib/rl/base/a.h", "#pragma once\n", 0},
      {check_header_guard, "lib/rl/base/a.h", "// Why.\n\n#pragma once\n", 0},
      {check_header_guard, "lib/rl/base/a.cpp", "int x;\n", 0},
      {check_header_guard, "lib/rl/base/a.h", "// #pragma once\n#include <map>\n", 2},
      {check_header_guard, "lib/rl/base/a.h", "", 1},

      {check_banned_words, "lib/rl/limit/a.cpp", "x = std::time(nullptr);\n", 1},
      {check_banned_words, "lib/rl/limit/a.cpp", "x = answer.time();\n", 0},
      {check_banned_words, "lib/rl/limit/a.cpp", "x = answer->time();\n", 0},
      {check_banned_words, "lib/rl/limit/a.cpp", "x = wall_time();\n", 0},
      {check_banned_words, "lib/rl/limit/a.cpp", "// rand() is not for us\n", 0},
      {check_banned_words, "lib/rl/limit/a.cpp", "using namespace std::chrono_literals;\n", 0},
      {check_banned_words, "lib/rl/load/pacer.cpp", "std::this_thread::sleep_until(t);\n", 0},
      {check_banned_words, "tests/integration/a.cpp", "std::this_thread::sleep_for(t);\n", 0},
      {check_banned_words, "lib/rl/base/clock.cpp", "std::chrono::steady_clock::now();\n", 0},
      {check_banned_words, "lib/rl/base/clock.h", "std::chrono::steady_clock::now();\n", 1},

      {check_marks, "lib/rl/base/a.cpp", "int x;  // TODO: more\n", 1},
      {check_marks, "lib/rl/base/a.cpp", "\n// FIXME\n", 2},
      {check_marks, "lib/rl/base/a.cpp", "mkdtemp(\"rl-XXXXXX\");  // TODOS\n", 0},
      {check_marks, "lib/rl/base/a.cpp", "open(\"/home/somebody/x\");\n", 1},
      {check_marks, "lib/rl/base/a.cpp", "get(\"http://host/work/x\");\n", 0},
  };
}

std::vector<Example> include_examples() {
  using namespace rl::tidy;
  return {
      {check_own_header_first, "lib/rl/base/a.cpp", "#include <map>\n", 0},
      {check_own_header_first, "lib/rl/base/a.cpp", "#include \"rl/base/a.h\"\n", 0, true},
      {check_own_header_first, "apps/rlctl/a.cpp", "#include \"a.h\"\n", 0, true},
      {check_own_header_first, "tests/x/a.cpp", "#include \"tests/x/a.h\"\n", 0, true},
      {check_own_header_first, "lib/rl/base/a.cpp", "\n#include <map>\n", 2, true},
      {check_own_header_first, "lib/rl/base/a.cpp", "#include \"rl/base/aa.h\"\n", 1, true},
      {check_own_header_first, "lib/rl/base/aa.cpp", "#include \"a.h\"\n", 1, true},
      {check_own_header_first, "lib/rl/base/a.cpp", "int x;\n", 1, true},

      {check_module_arrows, "lib/rl/limit/a.h", "#include \"rl/base/clock.h\"\n", 0},
      {check_module_arrows, "lib/rl/limit/a.h", "// #include \"rl/http/a.h\"\n", 0},
      {check_module_arrows, "lib/rl/limit/a.h", "f(R\"(\n#include \"rl/http/a.h\"\n)\");", 0},
      {check_module_arrows, "lib/rl/base/a.h", "\n#include \"rl/limit/rule.h\"\n", 2},
      {check_module_arrows, "lib/rl/limit/a.h", "#include \"rl/config/policy.h\"\n", 1},
      {check_module_arrows, "lib/rl/limit/a.h", "#include \"rl/metrics/a.h\"\n", 1},
      {check_module_arrows, "lib/rl/config/a.h", "#include \"rl/store/store.h\"\n", 1},
      {check_module_arrows, "lib/rl/store/a.h", "#include \"rl/health/a.h\"\n", 1},
      {check_module_arrows, "lib/rl/store/a.h", "#include \"rl/metrics/a.h\"\n", 0},
      {check_module_arrows, "lib/rl/admission/a.h", "#include \"rl/store/store.h\"\n", 0},
      {check_module_arrows, "lib/rl/admission/a.h", "#include \"rl/http/a.h\"\n", 1},
      {check_module_arrows, "lib/rl/http/a.h", "#include \"rl/client/a.h\"\n", 1},
      {check_module_arrows, "lib/rl/client/a.h", "#include \"rl/admission/a.h\"\n", 1},
      {check_module_arrows, "lib/rl/load/runner.h", "#include \"rl/client/a.h\"\n", 0},
      {check_module_arrows, "lib/rl/load/runner.h", "#include \"rl/admission/a.h\"\n", 1},
      {check_module_arrows, "lib/rl/load/simulation.h", "#include \"rl/admission/a.h\"\n", 0},
      {check_module_arrows, "lib/rl/load/simulation.h", "#include \"rl/http/a.h\"\n", 1},
      {check_module_arrows, "apps/rlserver/a.cpp", "#include \"rl/http/a.h\"\n", 0},
      {check_module_arrows, "apps/rlctl/a.cpp", "#include \"rl/http/a.h\"\n", 1},
      {check_module_arrows, "apps/rlload/a.cpp", "#include \"rl/http/a.h\"\n", 1},
      {check_module_arrows, "tests/base/a.cpp", "#include \"rl/http/a.h\"\n", 0},
      {check_module_arrows, "lib/rl/base/a.cpp", "#include \"tests/support/a.h\"\n", 1},
      {check_module_arrows, "lib/rl/extra/a.cpp", "int x;\n", 1},

      {check_third_party, "lib/rl/config/a.cpp", "#include <toml++/toml.h>\n", 0},
      {check_third_party, "lib/rl/base/a.cpp", "#include <toml++/toml.h>\n", 1},
      {check_third_party, "lib/rl/client/a.cpp", "#include <httplib.h>\n", 0},
      {check_third_party, "lib/rl/http/a.cpp", "#include <httplib.h>\n", 0},
      {check_third_party, "lib/rl/http/gateway/a.cpp", "#include <curl/curl.h>\n", 0},
      {check_third_party, "lib/rl/http/a.cpp", "#include <curl/curl.h>\n", 1},
      {check_third_party, "lib/rl/load/a.cpp", "#include <httplib.h>\n", 1},
      {check_third_party, "lib/rl/redis/a.cpp", "#include <hiredis/hiredis.h>\n", 0},
      {check_third_party, "lib/rl/store/redis/a.cpp", "#include <hiredis/hiredis.h>\n", 1},
      {check_third_party, "lib/rl/identity/redis/a.cpp", "#include <sqlite3.h>\n", 1},
      {check_third_party, "lib/rl/http/a.cpp", "#include <openssl/sha.h>\n", 1},
      {check_third_party, "lib/rl/http/a.cpp", "#include <prometheus/counter.h>\n", 1},
      {check_third_party, "lib/rl/http/a.cpp", "#include <CLI/CLI.hpp>\n", 1},
      {check_third_party, "apps/rlctl/a.cpp", "#include <CLI/CLI.hpp>\n", 0},
      {check_third_party, "apps/rlctl/a.cpp", "#include <spdlog/logger.h>\n", 1},
      {check_third_party, "lib/rl/base/a.cpp", "#include <doctest/doctest.h>\n", 1},
      {check_third_party, "tests/http/a.cpp", "#include <httplib.h>\n", 0},
  };
}

std::vector<Example> examples() {
  std::vector<Example> all = text_examples();
  std::vector<Example> more = include_examples();
  for (Example& example : more) {
    all.push_back(std::move(example));
  }
  return all;
}

}  // namespace

TEST_SUITE("tidy") {
  TEST_CASE("each rule finds what it forbids and nothing else") {
    for (const Example& example : examples()) {
      CAPTURE(example.path);
      CAPTURE(example.text);
      const Findings findings =
          example.check(make_source(example.path, example.text, example.has_own_header));
      REQUIRE(findings.size() == (example.line == 0 ? 0 : 1));
      CHECK((example.line == 0 || findings[0].line == example.line));
    }
  }

  TEST_CASE("each rule has an example that breaks it") {
    const std::vector<Example> all = examples();
    for (const Rule& rule : rl::tidy::all_rules()) {
      CAPTURE(rule.name);
      CHECK(std::any_of(all.begin(), all.end(), [&](const Example& example) {
        return example.check == rule.check && example.line > 0;
      }));
    }
  }

  TEST_CASE("each banned word is found where it is banned and only there") {
    for (const auto& ban : rl::tidy::banned_words()) {
      CAPTURE(ban.word);
      const std::string text =
          fmt::format("int x;\n  thread{} x);\n  {} x);\n", ban.word, ban.word);
      const auto found_in = [&](const std::string& folder) {
        const Findings findings = check_banned_words(make_source(folder, text));
        return std::any_of(findings.begin(), findings.end(), [&](const auto& finding) {
          return finding.message.starts_with(fmt::format("{}:", ban.word));
        });
      };
      CHECK(found_in("lib/rl/limit/a.cpp"));
      CHECK(found_in("tests/limit/a.cpp"));
      CHECK(found_in("apps/rlctl/a.cpp") == ban.applies_to.empty());
      if (!ban.allowed_in.empty()) {
        CHECK_FALSE(found_in(std::string(ban.allowed_in.substr(0, ban.allowed_in.find(' ')))));
      }
    }
  }

  TEST_CASE("a list of prefixes is tried whole and an empty one fits nothing") {
    using rl::tidy::starts_with_any;
    CHECK(starts_with_any("lib/a", "lib/"));
    CHECK(starts_with_any("lib/a", "tests/ lib/"));
    CHECK_FALSE(starts_with_any("lib/a", "tests/ apps/"));
    CHECK_FALSE(starts_with_any("lib/a", ""));
  }
}
