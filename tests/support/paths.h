#pragma once

#include <string>

namespace rl::test {

/// The root of this source tree.
std::string source_dir();

/// Where this build's programs are.
std::string program_dir();

}  // namespace rl::test
