#include "output.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace rl::ctl {
Display standard_output(bool no_color) {
  Display display;
  display.terminal = ::isatty(STDOUT_FILENO) == 1;
  const char* const variable = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): no setenv
  const bool wanted = !no_color && (variable == nullptr || *variable == '\0');
  display.colour = display.terminal && wanted;
  winsize size{};
  if (display.terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
    display.width = size.ws_col;
  }
  return display;
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void complain_plainly(std::string_view text) {
  // Not fmt::print: it throws when stderr is closed.
  const std::string line = fmt::format("{}\n", text);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void complain(std::string_view message, std::string_view hint) {
  std::string text = fmt::format("rlctl: {}\n", printable(message));
  while (!hint.empty()) {
    const std::size_t end = hint.find('\n');
    text += fmt::format("  {}\n", printable(hint.substr(0, end)));
    hint.remove_prefix(end == std::string_view::npos ? hint.size() : end + 1);
  }
  std::fwrite(text.data(), 1, text.size(), stderr);
}

ExitCode fail_with(const client::AdminError& error) {
  for (const Diagnostic& diagnostic : error.diagnostics) {
    complain_plainly(diagnostic.to_string());
  }
  complain(error.message, error.hint);
  return exit_code_of(error.kind);
}

}  // namespace rl::ctl
