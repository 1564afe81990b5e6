#include "rl/load/boundary_picture.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using rl::Algorithm;
using rl::Limit;

namespace {

Limit limit_of(Algorithm algorithm, std::uint32_t units, rl::Micros window = 60s) {
  return {
      .algorithm = algorithm, .window = window, .units = units, .base = units, .degraded = units};
}

std::string draw(const Limit& limit) {
  return rl::load::draw_boundary(rl::load::play_boundary(limit));
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Why the text is no well-formed XML document as far as the drawing uses XML; empty when it is.
std::string fault_of(const std::string& text) {
  std::vector<std::string> open;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = text.find('<', at);
    const std::string between = text.substr(at, begin - at);
    if (between.find_first_of(">&") != std::string::npos) {
      return "a bare character in: " + between;
    }
    if (begin == std::string::npos) {
      return open.empty() && between == "\n" ? "" : "ends too early";
    }
    const std::size_t end = text.find('>', begin);
    if (end == std::string::npos || (open.empty() && begin > 0)) {
      return "more than one element at the top, or one that does not end";
    }
    const std::string tag = text.substr(begin + 1, end - begin - 1);
    std::size_t quotes = 0;
    for (const char c : tag) {
      quotes += c == '"' ? 1 : 0;
    }
    if (quotes % 2 != 0 || tag.find_first_of("<&") != std::string::npos) {
      return "a broken tag: " + tag;
    }
    if (tag.front() == '/') {
      if (open.empty() || tag.substr(1) != open.back()) {
        return "closes what is not open: " + tag;
      }
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
    at = end + 1;
  }
  return "no line end";
}

}  // namespace

TEST_SUITE("load") {
  TEST_CASE("the check of a drawing finds what is not well-formed") {
    CHECK(fault_of("<a b=\"c\"><d/>e</a>\n").empty());
    for (const char* const text : {"<a>", "<a></b>\n", "<a><b></a></b>\n", "<a b=\"c></a>\n",
                                   "<a>&</a>\n", "<a/>", "<a></a>\n<b></b>\n", "x<a></a>\n"}) {
      CAPTURE(text);
      CHECK_FALSE(fault_of(text).empty());
    }
  }

  TEST_CASE("a drawing is well-formed and of the same bytes each time") {
    for (const Algorithm algorithm : rl::kAlgorithms) {
      for (const std::uint32_t units : {0U, 1U, 3U, 100U, 100'000U, 4'000'000'000U}) {
        CAPTURE(rl::to_string(algorithm));
        CAPTURE(units);
        if (algorithm == Algorithm::kSlidingWindow && units > 100'000) {
          continue;  // which a tiers file may not say
        }
        for (const rl::Micros window : {rl::Micros{100ms}, rl::Micros{31 * 24h}}) {
          const std::string svg = draw(limit_of(algorithm, units, window));
          CHECK(fault_of(svg) == "");
          CHECK(svg == draw(limit_of(algorithm, units, window)));
          CHECK(svg.size() < 40'000);
          CHECK_FALSE(contains(svg, "=\"-"));  // nothing stands outside the picture
        }
      }
    }
  }

  TEST_CASE("a drawing tells what was counted in words as well") {
    struct Row {
      Algorithm algorithm;
      std::string promise;
      std::string verdict;
    };
    const Row table[] = {
        {Algorithm::kSlidingWindow, "exact: at most 100 in every stretch of 1m",
         "100 within 1m: never over the limit"},
        {Algorithm::kSlidingCounter,
         "an estimate from two counters: at most 199 in a stretch of 1m",
         "194 within 1m: 94 over the limit"},
        {Algorithm::kTokenBucket, "100 at once, then 100 per 1m: at most 199 in a stretch of 1m",
         "199 within 1m: 99 over the limit"},
        {Algorithm::kFixedWindow,
         "100 in each 1m of the clock: at most 200 in a stretch across a boundary",
         "200 within 1m: 100 over the limit"},
    };
    for (const Row& row : table) {
      CAPTURE(rl::to_string(row.algorithm));
      const std::string svg = draw(limit_of(row.algorithm, 100));
      CHECK(contains(svg, ">" + std::string(rl::to_string(row.algorithm)) + "</text>"));
      CHECK(contains(svg, ">" + row.promise + "</text>"));
      CHECK(contains(svg, ">" + row.verdict + "</text>"));
      CHECK(contains(svg, "The most in one window: " + row.verdict + ".</desc>"));
      CHECK(contains(svg, ">limit 100</text>"));
      CHECK(contains(svg, "role=\"img\" aria-labelledby=\"title desc\""));
    }
    const std::string fixed = draw(limit_of(Algorithm::kFixedWindow, 100));
    CHECK(contains(fixed,
                   "Of both bursts 200 units are admitted; until 3m 300 units are admitted "
                   "and 134 denied."));
    CHECK(contains(fixed, ">admitted 300</text>"));
    CHECK(contains(fixed, ">denied 134</text>"));
  }

  TEST_CASE("the curve and the ticks stand where the requests were") {
    // 720 pixels for 300 ms, from 150 on; 85 pixels for a unit, from 304 upwards. Admitted at 95,
    // 100 and 205 ms, denied at 105, 155 and 255 ms.
    const std::string svg = draw(limit_of(Algorithm::kFixedWindow, 1, 100ms));
    CHECK(contains(svg, "d=\"M140 314V304H378V219H390V134H618V219H630V304H642V219H880V314Z\""));
    CHECK(contains(svg, "d=\"M378 320v24M390 320v24M642 320v24\""));
    CHECK(contains(svg, "d=\"M402 352v24M522 352v24M762 352v24\""));
    // The limit, the mark of the largest count, and the bracket of its window: 0 to 100 ms.
    CHECK(contains(svg, "d=\"M150 219H870\""));
    CHECK(contains(svg, "<circle cx=\"390\" cy=\"134\""));
    CHECK(contains(svg, "d=\"M150 125v-6H390v6\""));
    // Of an exact window the largest count is there at 95 ms: the bracket begins with the picture.
    const std::string exact = draw(limit_of(Algorithm::kSlidingWindow, 1, 100ms));
    CHECK(contains(exact, "d=\"M150 210v-6H378v6\""));
  }

  TEST_CASE("nothing is marked where nothing was admitted") {
    const std::string svg = draw(limit_of(Algorithm::kTokenBucket, 0));
    CHECK_FALSE(contains(svg, "<circle"));
    CHECK(contains(svg, ">admitted 0</text>"));
    CHECK(contains(svg, ">denied 6</text>"));
  }
}
