#pragma once

#include <httplib.h>

#include <string>

namespace rl::http {

/// How a response is sent.
struct ReplyForm {
  bool head_only = false;  ///< the answer to HEAD
  bool last = false;       ///< the connection ends after it
};

/// A response as the bytes of HTTP/1.1, for those that httplib does not send itself. Precondition:
/// its body is text.
std::string reply_text(const httplib::Response& response, const ReplyForm& form);

}  // namespace rl::http
