#include "rl/http/refusal_reply.h"

#include <fmt/core.h>

#include "rl/http/problem.h"

namespace rl::http {

std::string refusal_reply(const Refusal& refusal) {
  httplib::Response response;
  answer(response, {.status = refusal.status, .title = {}, .detail = refusal.detail});
  return fmt::format(
      "HTTP/1.1 {} {}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
      "Content-Length: {}\r\n\r\n{}",
      refusal.status, title_of(refusal.status), response.body.size(), response.body);
}

}  // namespace rl::http
