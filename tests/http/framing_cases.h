#pragma once

#include <string>
#include <vector>

namespace rl::test {

/// Some bytes on a connection and what must be made of them.
struct FramingCase {
  std::string name;
  std::string bytes;
  /// Of each request in turn "METHOD TARGET BODY", or the status of the refusal, or "more" for one
  /// that has not come in whole; separated by " | ". Nothing stands for bytes that are no request.
  std::string expected;
};

/// Every rule of strict framing, with the limits of FramingLimits but a body of at most 20 bytes.
std::vector<FramingCase> framing_cases();

}  // namespace rl::test
