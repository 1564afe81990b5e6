#include <fmt/core.h>

#include <algorithm>

#include "tests/tidy/prefixes.h"
#include "tests/tidy/rules.h"

namespace rl::tidy {
namespace {

constexpr std::size_t kLongestFile = 400;  // lines

constexpr std::string_view kClock = "time comes from rl::Clock";
constexpr std::string_view kRandom = "chance comes from rl::Random";
constexpr std::string_view kSleep = "move a ManualClock or wait for a condition";
constexpr std::string_view kClockFile = "lib/rl/base/clock.cpp";
constexpr std::string_view kBase = "lib/rl/base/";
constexpr std::string_view kNoSleep = "lib/ tests/";
constexpr std::string_view kSleepers =
    "lib/rl/load/ tests/integration/ tests/cli/ tests/fault/ tests/support/";

constexpr BannedWord kBannedWords[] = {
    {"steady_clock::now", kClock, "", kClockFile},
    {"system_clock::now", kClock, "", kClockFile},
    {"high_resolution_clock", kClock, "", kClockFile},
    {"clock_gettime", kClock, "", kClockFile},
    {"gettimeofday", kClock, "", kBase},
    {"time(", kClock, "", kBase},
    {"rand(", kRandom, "", kBase},
    {"srand(", kRandom, "", kBase},
    {"random_device", kRandom, "", kBase},
    {"mt19937", kRandom, "", kBase},
    {"mt19937_64", kRandom, "", kBase},
    {"sleep_for", kSleep, kNoSleep, kSleepers},
    {"sleep_until", kSleep, kNoSleep, kSleepers},
    {"usleep", kSleep, kNoSleep, kSleepers},
    {"nanosleep", kSleep, kNoSleep, kSleepers},
    {".detach()", "a thread ends with its owner: std::jthread", "", ""},
    {"using namespace std;", "name what you use", "", ""},
};

// Searched in the whole text: comments and literals are where these live.
constexpr std::string_view kMarks[] = {"TODO", "FIXME", "XXX", "HACK"};
constexpr std::string_view kMachinePaths[] = {"/home/", "/root/", "/work/", "/Users/"};

/// Where `word` next stands in `text` as a whole word, or npos. A member of the same name
/// (`answer.time()`) is another word.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t from) {
  for (std::size_t at = text.find(word, from); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::string_view before = text.substr(0, at);
    const std::size_t end = at + word.size();
    const bool begins =
        word.front() == '.' || (!before.ends_with('.') && !before.ends_with("->") &&
                                (before.empty() || !is_word_character(before.back())));
    const bool ends =
        !is_word_character(word.back()) || end == text.size() || !is_word_character(text[end]);
    if (begins && ends) {
      return at;
    }
  }
  return std::string_view::npos;
}

std::size_t line_of(std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, position);
  return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

void find_all(std::string_view text, std::string_view word, std::string_view message,
              Findings& findings) {
  for (std::size_t at = find_word(text, word, 0); at != std::string_view::npos;
       at = find_word(text, word, at + 1)) {
    findings.push_back({line_of(text, at), fmt::format("{}: {}", word, message)});
  }
}

constexpr Rule kRules[] = {
    {"a file has at most 400 lines", check_length},
    {"a header opens with pragma once", check_header_guard},
    {"a source includes its own header first", check_own_header_first},
    {"modules include each other along the arrows", check_module_arrows},
    {"a library is visible in one place only", check_third_party},
    {"time and chance and waiting are injected", check_banned_words},
    {"nothing is left to do and no machine is named", check_marks},
};

}  // namespace

std::span<const Rule> all_rules() {
  return kRules;
}
std::span<const BannedWord> banned_words() {
  return kBannedWords;
}

Findings check_length(const Source& source) {
  const auto lines =
      static_cast<std::size_t>(std::count(source.text.begin(), source.text.end(), '\n'));
  if (lines <= kLongestFile) {
    return {};
  }
  return {{lines, fmt::format("{} lines; at most {}", lines, kLongestFile)}};
}

Findings check_header_guard(const Source& source) {
  if (!source.is_header()) {
    return {};
  }
  const std::string_view code = source.code;
  const std::size_t first = std::min(code.find_first_not_of(" \n"), code.size());
  if (code.substr(first).starts_with("#pragma once\n")) {
    return {};
  }
  return {{line_of(code, first), "a header opens with #pragma once"}};
}

Findings check_banned_words(const Source& source) {
  Findings findings;
  for (const BannedWord& ban : kBannedWords) {
    const bool applies = ban.applies_to.empty() || starts_with_any(source.path, ban.applies_to);
    if (applies && !starts_with_any(source.path, ban.allowed_in)) {
      find_all(source.code, ban.word, ban.why, findings);
    }
  }
  return findings;
}

Findings check_marks(const Source& source) {
  if (source.path.starts_with("tests/tidy/")) {
    return {};  // names them all
  }
  Findings findings;
  for (const std::string_view mark : kMarks) {
    find_all(source.text, mark, "finish it now or leave it out", findings);
  }
  for (const std::string_view path : kMachinePaths) {
    find_all(source.text, path, "a path of one machine", findings);
  }
  return findings;
}

}  // namespace rl::tidy
