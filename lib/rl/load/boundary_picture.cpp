#include "rl/load/boundary_picture.h"

#include <fmt/core.h>

#include <algorithm>

#include "rl/base/duration.h"

namespace rl::load {
namespace {

// Pixels. The plot has the count's curve; below it are the two rows of requests.
constexpr std::int64_t kWidth = 900;
constexpr std::int64_t kHeight = 446;
constexpr std::int64_t kLeft = 150;
constexpr std::int64_t kRight = 870;
constexpr std::int64_t kTop = 100;
constexpr std::int64_t kBottom = 304;
constexpr std::int64_t kRowHeight = 24;
constexpr std::int64_t kAllowedRow = 320;
constexpr std::int64_t kDeniedRow = 352;
constexpr std::int64_t kAxis = 386;

// Told apart also by place and by words; blue and orange by those who see few colours as well.
constexpr char kInk[] = "#1f2328";
constexpr char kFaint[] = "#59636e";
constexpr char kGrid[] = "#d1d9e0";
constexpr char kAllowed[] = "#0072b2";
constexpr char kAllowedFill[] = "#d6e8f3";
constexpr char kDenied[] = "#6e7781";
constexpr char kOver[] = "#c2410c";
constexpr char kOverFill[] = "#f7c9ae";

/// A place in tenths of a pixel: whole numbers, which every machine rounds alike.
struct Place {
  std::int64_t tenths = 0;

  friend bool operator==(const Place&, const Place&) = default;
};

std::string px(Place place) {
  const std::int64_t part = place.tenths % 10;
  return part == 0 ? fmt::format("{}", place.tenths / 10)
                   : fmt::format("{}.{}", place.tenths / 10, part);
}

/// Where times and counts stand in the plot; it is high enough for 2.4 times the limit.
class Scale {
 public:
  explicit Scale(const Limit& limit)
      : span_((limit.window * kBoundaryWindows).count()),
        units_(static_cast<std::int64_t>(std::max(1U, limit.units))) {}

  Place x(Micros time) const {
    return {kLeft * 10 + rounded(time.count() * (kRight - kLeft) * 10, span_)};
  }
  Place y(std::uint64_t units) const {
    const std::int64_t height = static_cast<std::int64_t>(units) * (kBottom - kTop) * 10 * 5;
    return {kBottom * 10 - rounded(height, units_ * 12)};
  }

 private:
  static std::int64_t rounded(std::int64_t number, std::int64_t by) {
    return (2 * number + by) / (2 * by);
  }

  std::int64_t span_;
  std::int64_t units_;
};

struct TextStyle {
  const char* anchor = "start";
  const char* colour = kInk;
  int size = 13;
  bool bold = false;
};

std::string text_at(Place x, std::int64_t y, const std::string& text, const TextStyle& style = {}) {
  return fmt::format(
      "<text x=\"{}\" y=\"{}\" font-size=\"{}\"{} text-anchor=\"{}\" fill=\"{}\">{}</text>\n",
      px(x), y, style.size, style.bold ? " font-weight=\"bold\"" : "", style.anchor, style.colour,
      text);
}

std::string promise_of(const Limit& limit) {
  const std::string window = format_duration(limit.window);
  const std::uint64_t most = most_in_window(limit);
  switch (limit.algorithm) {
    case Algorithm::kSlidingWindow:
      return fmt::format("exact: at most {} in every stretch of {}", most, window);
    case Algorithm::kSlidingCounter:
      return fmt::format("an estimate from two counters: at most {} in a stretch of {}", most,
                         window);
    case Algorithm::kTokenBucket:
      return fmt::format("{} at once, then {} per {}: at most {} in a stretch of {}", limit.units,
                         std::min(limit.base, limit.units), window, most, window);
    case Algorithm::kFixedWindow:
      return fmt::format("{} in each {} of the clock: at most {} in a stretch across a boundary",
                         limit.units, window, most);
  }
  return {};
}

std::string verdict_of(const BoundaryCase& played) {
  const std::uint64_t most = played.largest().units;
  const std::string window = format_duration(played.limit.window);
  return played.excess() == 0
             ? fmt::format("{} within {}: never over the limit", most, window)
             : fmt::format("{} within {}: {} over the limit", most, window, played.excess());
}

/// Title and description, which screen readers tell, and the frame.
std::string opening(const BoundaryCase& played) {
  const Limit& limit = played.limit;
  const std::string window = format_duration(limit.window);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" role=\"img\" aria-labelledby=\"title desc\" font-family=\"sans-serif\">\n",
      kWidth, kHeight);
  svg += fmt::format("<title id=\"title\">{}: a limit of {} in {}, around a boundary</title>\n",
                     to_string(limit.algorithm), limit.units, window);
  svg += fmt::format(
      "<desc id=\"desc\">A caller asks for a burst of units just before and just after the first "
      "boundary of {0}, then for a fifth more than the limit per {0}. Of both bursts {1} units are "
      "admitted; until {2} {3} units are admitted and {4} denied. The most in one window: "
      "{5}.</desc>\n",
      window, played.allowed_in_bursts(), format_duration(limit.window * kBoundaryWindows),
      played.allowed_units(), played.denied_units(), verdict_of(played));
  svg += fmt::format(
      "<rect x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"#ffffff\" "
      "stroke=\"{}\"/>\n",
      kWidth - 1, kHeight - 1, kGrid);
  svg += text_at({240}, 34, std::string(to_string(limit.algorithm)), {.size = 19, .bold = true});
  return svg + text_at({240}, 56, promise_of(limit), {.colour = kFaint});
}

/// The grid: the boundaries of the clock's windows, and once and twice the limit.
std::string grid(const Limit& limit, const Scale& scale) {
  std::string svg = fmt::format("<g stroke=\"{}\">\n", kGrid);
  svg += fmt::format("<path d=\"M{} {}H{}\"/>\n", kLeft,
                     px(scale.y(2 * std::uint64_t{limit.units})), kRight);
  for (int i = 0; i <= kBoundaryWindows; ++i) {
    svg += fmt::format("<path d=\"M{} {}V{}\" stroke-dasharray=\"3 3\"/>\n",
                       px(scale.x(limit.window * i)), kTop, kAxis);
  }
  return svg + "</g>\n";
}

/// The area below the counts, which change in steps, and in it what is over the limit.
std::string curve(const BoundaryCase& played, const Scale& scale) {
  // Begins, ends and closes outside the plot, so that only the steps have a visible line.
  constexpr std::int64_t kOutside = 10;
  std::string path = fmt::format("M{} {}V{}", kLeft - kOutside, kBottom + kOutside, kBottom);
  Place last = scale.y(0);
  for (const WindowCount& count : played.counts) {
    if (const Place y = scale.y(count.units); y != last) {
      path += fmt::format("H{}V{}", px(scale.x(count.end)), px(y));
      last = y;
    }
  }
  path += fmt::format("H{}V{}Z", kRight + kOutside, kBottom + kOutside);
  const auto clip = [](const char* id, Place bottom) {
    return fmt::format(
        "<clipPath id=\"{}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n", id,
        kLeft, kTop, kRight - kLeft, px({bottom.tenths - kTop * 10}));
  };
  std::string svg = fmt::format("<defs>\n<path id=\"count\" d=\"{}\"/>\n", path);
  svg += clip("plot", {kBottom * 10}) + clip("over", scale.y(played.limit.units)) + "</defs>\n";
  svg += fmt::format("<use href=\"#count\" fill=\"{}\" clip-path=\"url(#plot)\"/>\n", kAllowedFill);
  svg += fmt::format("<use href=\"#count\" fill=\"{}\" clip-path=\"url(#over)\"/>\n", kOverFill);
  return svg + fmt::format(
                   "<use href=\"#count\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" "
                   "stroke-linejoin=\"round\" clip-path=\"url(#plot)\"/>\n",
                   kAllowed);
}

/// The line of the limit and the names of the axis, over the curve.
std::string axis_of_units(const Limit& limit, const Scale& scale) {
  const Place left{kLeft * 10 - 80};
  const auto beside = [&](std::uint64_t units) { return scale.y(units).tenths / 10 + 4; };
  std::string svg = fmt::format(
      "<path d=\"M{} {}H{}\" stroke=\"{}\" stroke-width=\"1.5\" "
      "stroke-dasharray=\"7 4\"/>\n",
      kLeft, px(scale.y(limit.units)), kRight, kInk);
  svg += fmt::format("<path d=\"M{} {}H{}\" stroke=\"{}\"/>\n", kLeft, kBottom, kRight, kInk);
  svg += text_at({240}, kTop - 14,
                 fmt::format("units admitted in the last {}", format_duration(limit.window)),
                 {.colour = kAllowed, .size = 12});
  if (limit.units > 0) {
    svg += text_at(left, beside(0), "0", {.anchor = "end"});
    svg += text_at(left, beside(2 * std::uint64_t{limit.units}),
                   fmt::format("{}", 2 * std::uint64_t{limit.units}), {.anchor = "end"});
  }
  return svg + text_at(left, beside(limit.units), fmt::format("limit {}", limit.units),
                       {.anchor = "end", .bold = true});
}

/// The window with the largest count, as a bracket over it, and in words.
std::string mark(const BoundaryCase& played, const Scale& scale) {
  const WindowCount largest = played.largest();
  if (largest.units == 0) {
    return {};
  }
  const char* const colour = played.excess() == 0 ? kAllowed : kOver;
  const Place begin = scale.x(std::max(Micros::zero(), largest.end - played.limit.window));
  const Place end = scale.x(largest.end);
  const std::int64_t y = scale.y(largest.units).tenths / 10 - 9;
  std::string svg = fmt::format("<path d=\"M{} {}v-6H{}v6\" fill=\"none\" stroke=\"{}\"/>\n",
                                px(begin), y, px(end), colour);
  svg += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"3.5\" fill=\"{}\"/>\n", px(end),
                     px(scale.y(largest.units)), colour);
  return svg + text_at(begin, y - 12, verdict_of(played), {.colour = colour, .bold = true});
}

struct Row {
  const char* title;
  bool allowed;
  std::int64_t y;
  std::uint64_t units;
  const char* colour;
};

/// The requests that were admitted, or those that were denied: a tick each.
std::string row_of(const Row& row, const BoundaryCase& played, const Scale& scale) {
  std::string path;
  Place last{-1};
  for (const BoundaryRequest& request : played.requests) {
    const Place x = scale.x(request.at);
    if (request.allowed == row.allowed && x != last) {
      path += fmt::format("M{} {}v{}", px(x), row.y, kRowHeight);
      last = x;
    }
  }
  const std::string told = fmt::format("{} {}", row.title, row.units);
  std::string svg = text_at({kLeft * 10 - 80}, row.y + 17, told,
                            {.anchor = "end", .colour = row.colour, .size = 12});
  if (!path.empty()) {
    svg += fmt::format("<path d=\"{}\" stroke=\"{}\" transform=\"translate(0.5)\"/>\n", path,
                       row.colour);
  }
  return svg;
}

/// The names of the boundaries, and what the caller asks for at each.
std::string axis_of_time(const Limit& limit, const Scale& scale) {
  const std::string asked[] = {
      "", fmt::format("a burst of {} before and after", burst_units(limit)),
      fmt::format("then asks for {} per {}", steady_units(limit), format_duration(limit.window)),
      "time"};
  std::string svg =
      fmt::format("<path d=\"M{} {}H{}\" stroke=\"{}\"/>\n", kLeft, kAxis, kRight, kInk);
  for (int i = 0; i <= kBoundaryWindows; ++i) {
    const Place x = scale.x(limit.window * i);
    const Micros time = limit.window * i;
    svg += text_at(x, kAxis + 19, i == 0 ? "0" : format_duration(time), {.anchor = "middle"});
    if (!asked[i].empty()) {
      svg += text_at(x, kAxis + 39, asked[i], {.anchor = "middle", .colour = kFaint, .size = 12});
    }
  }
  return svg;
}

}  // namespace

std::string draw_boundary(const BoundaryCase& played) {
  const Scale scale(played.limit);
  std::string svg = opening(played);
  svg += grid(played.limit, scale);
  svg += curve(played, scale);
  svg += axis_of_units(played.limit, scale);
  svg += mark(played, scale);
  svg += row_of({"admitted", true, kAllowedRow, played.allowed_units(), kAllowed}, played, scale);
  svg += row_of({"denied", false, kDeniedRow, played.denied_units(), kDenied}, played, scale);
  svg += axis_of_time(played.limit, scale);
  return svg + "</svg>\n";
}

}  // namespace rl::load
