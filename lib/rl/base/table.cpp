#include "rl/base/table.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>

#include "rl/base/text.h"

namespace rl {
namespace {

constexpr std::size_t kGap = 2;        // between aligned columns
constexpr std::size_t kNarrowest = 8;  // a cut column keeps at least this much

/// Characters, not bytes, of UTF-8.
std::size_t length(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

/// The text itself or, when it is longer than `limit` characters, its begin and "…".
std::string cut(const std::string& text, std::size_t limit) {
  if (length(text) <= limit) {
    return text;
  }
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    seen += starts_character(text[end]) ? 1 : 0;
    if (seen == limit) {
      break;
    }
  }
  return text.substr(0, end) + "…";
}

}  // namespace

std::string paint(std::string_view text, Tone tone, const Display& display) {
  if (!display.colour || tone == Tone::kPlain) {
    return std::string(text);
  }
  const int code = tone == Tone::kGood ? 32 : tone == Tone::kWarn ? 33 : 31;
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool c1 = byte >= 0x80 && byte < 0xA0 && out.ends_with('\xC2');  // U+0080 to U+009F
    if (c1) {
      out.back() = '?';
    } else {
      out.push_back(byte < 0x20 || byte == 0x7F ? '?' : c);
    }
  }
  return out;
}

void Table::add(std::vector<Cell> row) {
  assert(row.size() == columns_.size());
  for (Cell& cell : row) {
    cell.text = printable(cell.text);
  }
  rows_.push_back(std::move(row));
}

std::vector<std::vector<Cell>> Table::lines() const {
  std::vector<std::vector<Cell>> lines;
  lines.reserve(rows_.size() + 1);
  const auto titled = [](const Column& column) { return !column.title.empty(); };
  if (std::any_of(columns_.begin(), columns_.end(), titled)) {
    std::vector<Cell>& header = lines.emplace_back();
    for (const Column& column : columns_) {
      header.emplace_back(column.title);
    }
  }
  lines.insert(lines.end(), rows_.begin(), rows_.end());
  return lines;
}

std::vector<std::size_t> Table::widths(const std::vector<std::vector<Cell>>& lines,
                                       std::size_t limit) const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], length(line[i].text));
    }
  }
  std::size_t before_last = 0;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    before_last += widths[i] + kGap;
  }
  if (limit > 0 && !columns_.empty() && !columns_.back().number) {
    const std::size_t room = limit > before_last ? limit - before_last : 0;
    widths.back() = std::min(widths.back(), std::max(room, kNarrowest));
  }
  return widths;
}

std::string Table::render(const Display& display) const {
  const auto lines = this->lines();
  const auto widths = this->widths(lines, display.width);
  std::string out;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const bool last = i + 1 == line.size();
      const Cell& cell = line[i];
      if (!display.terminal) {
        out += paint(cell.text, cell.tone, display) + (last ? "" : "\t");
        continue;
      }
      const std::string text = cut(cell.text, widths[i]);
      const std::string padding(widths[i] - length(text), ' ');
      out += columns_[i].number ? padding : "";
      out += paint(text, cell.tone, display);
      out += columns_[i].number || last ? "" : padding;
      out += last ? "" : std::string(kGap, ' ');
    }
    while (display.terminal && out.ends_with(' ')) {
      out.pop_back();  // what empty last cells leave behind
    }
    out += '\n';
  }
  return out;
}

}  // namespace rl
