#include "rl/http/probes.h"

#include <utility>

#include "rl/http/problem.h"

namespace rl::http {

void mount_probes(Server& server, const Readiness& ready, std::function<bool()> decides) {
  server.get("/livez", [](const httplib::Request&, httplib::Response& response) {
    answer_json(response, 200, {{"status", "alive"}});
  });
  server.get("/readyz", [&ready, decides = std::move(decides)](const httplib::Request&,
                                                               httplib::Response& response) {
    if (!ready.load(std::memory_order_relaxed)) {
      return answer(response, {.status = 503, .title = {}, .detail = "this instance is stopping"});
    }
    if (decides && !decides()) {
      return answer(response, {.status = 503,
                               .title = {},
                               .detail = "the shared store does not answer, and nothing is to "
                                         "decide in its place"});
    }
    answer_json(response, 200, {{"status", "ready"}});
  });
}

}  // namespace rl::http
