#include "rl/http/reply_text.h"

#include <fmt/core.h>

#include "rl/http/problem.h"

namespace rl::http {

std::string reply_text(const httplib::Response& response, const ReplyForm& form) {
  std::string text = fmt::format("HTTP/1.1 {} {}\r\n", response.status, title_of(response.status));
  if (form.last) {
    text += "Connection: close\r\n";
  }
  for (const auto& [name, value] : response.headers) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  text += fmt::format("Content-Length: {}\r\n\r\n", response.body.size());
  return form.head_only ? text : text + response.body;
}

}  // namespace rl::http
