#include "rl/base/duration.h"

#include <fmt/chrono.h>

#include <array>
#include <charconv>
#include <cstdint>

namespace rl {
namespace {

struct Unit {
  std::string_view name;
  Micros length;
};

constexpr std::array kUnits = {
    Unit{"d", std::chrono::hours{24}},        Unit{"h", std::chrono::hours{1}},
    Unit{"m", std::chrono::minutes{1}},       Unit{"s", std::chrono::seconds{1}},
    Unit{"ms", std::chrono::milliseconds{1}},
};

}  // namespace

Result<Micros> parse_duration(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return fail(fmt::format("\"{}\" is not a duration: {}", text, why),
                "write a whole number and a unit, such as 500ms, 30s, 1m, 2h or 7d");
  };
  std::uint32_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [unit_begin, error] = std::from_chars(text.data(), end, count);
  if (error == std::errc::result_out_of_range) {
    return bad("the number is too large");
  }
  if (error != std::errc{}) {
    return bad("it does not start with a number");
  }
  const std::string_view name(unit_begin, static_cast<std::size_t>(end - unit_begin));
  for (const Unit& unit : kUnits) {
    if (unit.name == name) {
      if (count > Micros::max() / unit.length) {
        return bad("the number is too large");
      }
      return unit.length * static_cast<std::int64_t>(count);
    }
  }
  return bad(name.empty() ? "it has no unit" : "the unit is unknown");
}

std::string format_duration(Micros duration) {
  for (const Unit& unit : kUnits) {
    if (duration >= unit.length && duration % unit.length == Micros::zero()) {
      return fmt::format("{}{}", duration / unit.length, unit.name);
    }
  }
  return "0s";
}

std::int64_t ceil_seconds(Micros duration) {
  return std::chrono::ceil<std::chrono::seconds>(duration).count();
}

std::string format_utc(WallTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::floor<std::chrono::seconds>(time)));
}

}  // namespace rl
