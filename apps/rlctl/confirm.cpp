#include "confirm.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "output.h"
#include "rl/base/text.h"

namespace rl::ctl {

bool confirm(Session& session, const std::string& question) {
  if (session.yes) {
    return true;
  }
  if (::isatty(STDIN_FILENO) != 1) {
    complain(fmt::format("{}: nobody is there to be asked", question), "say it with --yes");
    session.exit_code = kUsage;
    return false;
  }
  const std::string asked = fmt::format("{}? [y/N] ", printable(question));
  std::fwrite(asked.data(), 1, asked.size(), stderr);
  std::string answer;
  std::getline(std::cin, answer);
  answer = to_lower(answer);
  if (answer == "y" || answer == "yes") {
    return true;
  }
  complain("nothing was changed");
  session.exit_code = kFailure;
  return false;
}

}  // namespace rl::ctl
