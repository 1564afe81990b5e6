#pragma once

#include <cstdint>
#include <string_view>

namespace rl::redis {

/// What an error of Redis says of the call that it is the reply to.
enum class Refusal : std::uint8_t {
  kNoScript,  ///< did not run: the script was flushed away
  kNotNow,    ///< did not run: Redis is not ready for it at the moment
  kNotHere,   ///< did not run: another Redis is the one that counts
  kFailed,    ///< may have run in part, or would not run another time either
};

/// `why` is the text of the error, its code first.
Refusal refusal_of(std::string_view why);

}  // namespace rl::redis
