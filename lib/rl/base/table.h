#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rl {

/// What output is written for.
struct Display {
  bool terminal = false;  ///< a person reads it: aligned columns; else one tab between them
  bool colour = false;    ///< with ANSI colours
  std::size_t width = 0;  ///< of the terminal, in characters; 0: not known
};

/// What a word tells at a glance; a colour where there are colours.
enum class Tone { kPlain, kGood, kWarn, kBad };

/// The text in the tone's colour, or as it is on a display without colours.
std::string paint(std::string_view text, Tone tone, const Display& display);

/// The text with every control character as "?": what others wrote must neither break a table nor
/// command the terminal.
std::string printable(std::string_view text);

struct Column {
  std::string title;
  bool number = false;  ///< aligned to the right
};

struct Cell {
  Cell(std::string what, Tone how = Tone::kPlain)  // NOLINT: implicit by design
      : text(std::move(what)), tone(how) {}
  Cell(const char* what) : text(what) {}  // NOLINT: implicit by design

  std::string text;
  Tone tone = Tone::kPlain;
};

/// Rows under a header; without a header when no column has a title. Aligned on a terminal, where
/// an over-long last column is cut to the width; elsewhere tab-separated and unpadded.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// Precondition: one cell for each column.
  void add(std::vector<Cell> row);

  /// Whole lines, each with its line end.
  std::string render(const Display& display) const;

 private:
  std::vector<std::vector<Cell>> lines() const;
  std::vector<std::size_t> widths(const std::vector<std::vector<Cell>>& lines,
                                  std::size_t limit) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace rl
