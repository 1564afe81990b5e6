#include "rl/load/rate.h"

#include <fmt/core.h>

#include <charconv>

namespace rl::load {

std::string Rate::to_string() const {
  return fmt::format("{}/s", per_second);
}

Result<Rate> parse_rate(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return fail(fmt::format("\"{}\" is not a rate: {}", text, why),
                "write a number of requests and its unit, such as 200/s, 0.5/s or 300/m");
  };
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [unit_begin, error] =
      std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc{}) {
    return bad("it does not start with a number");
  }
  const std::string_view unit(unit_begin, static_cast<std::size_t>(end - unit_begin));
  if (unit != "/s" && unit != "/m") {
    return bad(unit.empty() ? "it has no unit" : "the unit is unknown");
  }
  const Rate rate{.per_second = unit == "/m" ? number / 60 : number};
  // Written so that "nan" and "inf", which from_chars reads, are refused as well.
  if (!(rate.per_second > 0)) {
    return bad("it must be more than 0");
  }
  if (!(rate.per_second <= kMaxRatePerSecond)) {
    return bad(fmt::format("at most {:.0f}/s are possible", kMaxRatePerSecond));
  }
  return rate;
}

}  // namespace rl::load
