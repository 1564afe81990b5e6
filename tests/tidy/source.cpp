#include "tests/tidy/source.h"

#include <algorithm>
#include <filesystem>

#include "rl/base/file.h"

namespace rl::tidy {
namespace {

constexpr auto kNone = std::string_view::npos;

/// Where the literal that opens at `open` ends: the position of its closing quote, or that of the
/// line end when it is never closed.
std::size_t end_of_literal(std::string_view text, std::size_t open) {
  const char quote = text[open];
  for (std::size_t at = open + 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == quote || text[at] == '\n') {
      return at;
    }
  }
  return text.size();
}

/// As end_of_literal, for the quote of R"delimiter(…)delimiter".
std::size_t end_of_raw_string(std::string_view text, std::size_t open) {
  const std::size_t parenthesis = text.find('(', open);
  if (parenthesis == kNone) {
    return text.size();
  }
  std::string closing = ")";
  closing += text.substr(open + 1, parenthesis - open - 1);
  closing += '"';
  const std::size_t found = text.find(closing, parenthesis);
  return found == kNone ? text.size() : found + closing.size() - 1;
}

/// What to blank, [from, to), and where to read on.
struct Stretch {
  std::size_t from;
  std::size_t to;
  std::size_t next;
};

Stretch literal(std::size_t open, std::size_t close) {
  return {open + 1, close, close + 1};
}

/// The comment or literal that begins at `at`; an empty stretch if none does.
Stretch stretch_at(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  const char before = at == 0 ? '\n' : text[at - 1];
  if (rest.starts_with("//")) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    return {at, end, end};
  }
  if (rest.starts_with("/*")) {
    const std::size_t close = text.find("*/", at + 2);
    const std::size_t end = close == kNone ? text.size() : close + 2;
    return {at, end, end};
  }
  if (rest.front() == '"') {
    return literal(at, before == 'R' ? end_of_raw_string(text, at) : end_of_literal(text, at));
  }
  // A quote after a word character separates digits: 1'000.
  if (rest.front() == '\'' && !is_word_character(before)) {
    return literal(at, end_of_literal(text, at));
  }
  return {at, at, at + 1};
}

}  // namespace

bool is_word_character(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string blank_comments_and_literals(std::string_view text) {
  std::string code(text);
  for (std::size_t at = 0; at < text.size();) {
    const Stretch blank = stretch_at(text, at);
    for (std::size_t i = blank.from; i < blank.to; ++i) {
      if (code[i] != '\n') {
        code[i] = ' ';
      }
    }
    at = blank.next;
  }
  return code;
}

Source make_source(std::string path, std::string text, bool has_own_header) {
  Source source{.path = std::move(path), .text = std::move(text), .has_own_header = has_own_header};
  source.code = blank_comments_and_literals(source.text);
  return source;
}

Result<std::vector<Source>> read_tree(const std::string& root) {
  namespace fs = std::filesystem;
  std::vector<Source> sources;
  for (const char* folder : {"lib", "apps", "tests", "bench", "examples"}) {
    if (!fs::exists(fs::path(root) / folder)) {
      continue;
    }
    std::error_code failed;
    for (fs::recursive_directory_iterator at(fs::path(root) / folder, failed), end;
         !failed && at != end; at.increment(failed)) {
      const fs::path& file = at->path();
      if (file.extension() != ".h" && file.extension() != ".cpp") {
        continue;
      }
      auto text = read_file(file.string());
      if (!text) {
        return fail_with(text.error());
      }
      const bool has_own_header =
          file.extension() == ".cpp" && fs::exists(fs::path(file).replace_extension(".h"));
      sources.push_back(make_source(file.lexically_relative(root).generic_string(),
                                    std::move(text).value(), has_own_header));
    }
    if (failed) {
      return fail(std::string("cannot read the folder ") + folder + ": " + failed.message());
    }
  }
  std::sort(sources.begin(), sources.end(),
            [](const Source& a, const Source& b) { return a.path < b.path; });
  return sources;
}

}  // namespace rl::tidy
