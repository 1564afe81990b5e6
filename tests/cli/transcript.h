#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rl::test {

/// Whether the text is what was expected, where `…` stands for any characters of one line, and a
/// line that is nothing but `…` for any number of lines, none included.
bool matches(std::string_view expected, std::string_view text);

/// One command of a document and what is shown below it.
struct Step {
  std::string command;
  std::string output;    ///< whole lines, with `…` for what varies
  std::size_t line = 0;  ///< of the document
};

/// One fenced block of a document.
struct Block {
  std::string language;
  std::size_t line = 0;  ///< of its fence
  std::string text;
};

std::vector<Block> blocks_of(std::string_view markdown);

/// The commands of a block. In ```console, what follows "$ " is a command, which goes on after "> "
/// in the next line, and all other lines are output of the command above them. In ```sh, every line
/// is a command, except comments and empty lines. Other blocks have none.
std::vector<Step> steps_of(const Block& block);

}  // namespace rl::test
