#include "rl/http/probes.h"

#include "rl/http/problem.h"

namespace rl::http {

void mount_probes(Server& server, const Readiness& ready) {
  server.get("/livez", [](const httplib::Request&, httplib::Response& response) {
    answer_json(response, 200, {{"status", "alive"}});
  });
  server.get("/readyz", [&ready](const httplib::Request&, httplib::Response& response) {
    if (ready.load(std::memory_order_relaxed)) {
      return answer_json(response, 200, {{"status", "ready"}});
    }
    answer(response, {.status = 503, .title = {}, .detail = "this instance is stopping"});
  });
}

}  // namespace rl::http
