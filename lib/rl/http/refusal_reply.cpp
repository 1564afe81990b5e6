#include "rl/http/refusal_reply.h"

#include "rl/http/problem.h"

namespace rl::http {

std::string refusal_reply(const Refusal& refusal, WallTime at) {
  Reply reply;
  answer(reply, {.status = refusal.status, .title = {}, .detail = refusal.detail});
  return reply_text(reply, {.at = at, .last = true});
}

}  // namespace rl::http
