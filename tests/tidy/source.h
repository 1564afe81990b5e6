#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rl/base/result.h"

namespace rl::tidy {

/// One C++ file as the rules see it.
struct Source {
  std::string path;       ///< relative to the root of the project: "lib/rl/base/clock.h"
  std::string text;       ///< as it stands in the file
  std::string code = {};  ///< text with comments and literals blanked; the same lines and columns
  bool has_own_header = false;  ///< a .cpp beside a .h of the same name

  bool is_header() const { return path.ends_with(".h"); }
};

/// Whether the character can be part of a C++ name.
bool is_word_character(char c);

/// A source made of text alone.
Source make_source(std::string path, std::string text, bool has_own_header = false);

/// The text with every comment, and the inside of every string and character literal, replaced by
/// spaces. Line ends stay, so that line and column numbers stay true.
std::string blank_comments_and_literals(std::string_view text);

/// Every .h and .cpp below lib, apps, tests and bench (those that exist) of the project in `root`,
/// in order of path.
Result<std::vector<Source>> read_tree(const std::string& root);

}  // namespace rl::tidy
