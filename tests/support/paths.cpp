#include "tests/support/paths.h"

namespace rl::test {

std::string source_dir() {
  return RL_SOURCE_DIR;
}

std::string program_dir() {
  return RL_BIN_DIR;
}

}  // namespace rl::test
