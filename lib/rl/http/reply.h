#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rl/base/clock.h"

namespace rl::http {

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/// A response as values, for what is answered without httplib.
struct Reply {
  int status = 200;
  HeaderFields fields;  ///< without those of the body
  std::string content_type;
  std::string body;
};

/// How a response is sent.
struct ReplyForm {
  WallTime at;                       ///< when: its Date, unless it has one already
  bool head_only = false;            ///< the answer to HEAD
  bool last = false;                 ///< the connection ends after it
  std::string_view keep_alive = {};  ///< what Keep-Alive says while it does not; empty: nothing
};

/// A response as the bytes of HTTP/1.1.
std::string reply_text(const Reply& reply, const ReplyForm& form);

}  // namespace rl::http
