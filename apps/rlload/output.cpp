#include "output.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace rl::load_app {

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

std::string in_form(cli::Form form, const std::string& json, std::string_view list) {
  return cli::render(form, client::Json::parse(json, nullptr, /*allow_exceptions=*/false), list);
}

void note(std::string_view line) {
  // Not fmt::print: it throws when stderr is closed.
  const std::string text = fmt::format("{}\n", line);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void complain(const Error& error) {
  note(fmt::format("rlload: {}", error.message));
  if (!error.hint.empty()) {
    note(fmt::format("  {}", error.hint));
  }
}

}  // namespace rl::load_app
