#include "rl/http/http_date.h"

#include <array>

namespace rl::http {
namespace {

std::string two_digits(unsigned number) {
  return {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
}

}  // namespace

std::string http_date(WallTime time) {
  static constexpr std::array<const char*, 7> kDays = {"Sun, ", "Mon, ", "Tue, ", "Wed, ",
                                                       "Thu, ", "Fri, ", "Sat, "};
  static constexpr std::array<const char*, 12> kMonths = {" Jan ", " Feb ", " Mar ", " Apr ",
                                                          " May ", " Jun ", " Jul ", " Aug ",
                                                          " Sep ", " Oct ", " Nov ", " Dec "};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss of_day(std::chrono::floor<std::chrono::seconds>(time - day));
  std::string text;
  text.reserve(30);
  text.append(kDays[std::chrono::weekday(day).c_encoding()]);
  text.append(two_digits(static_cast<unsigned>(date.day())));
  text.append(kMonths[static_cast<unsigned>(date.month()) - 1]);
  text.append(std::to_string(static_cast<int>(date.year()))).append(" ");
  text.append(two_digits(static_cast<unsigned>(of_day.hours().count()))).append(":");
  text.append(two_digits(static_cast<unsigned>(of_day.minutes().count()))).append(":");
  text.append(two_digits(static_cast<unsigned>(of_day.seconds().count()))).append(" GMT");
  return text;
}

}  // namespace rl::http
