#include "rl/http/gateway/gateway.h"

#include <curl/curl.h>

#include <algorithm>
#include <utility>

#include "rl/http/httplib_adapter.h"
#include "rl/http/problem.h"
#include "rl/http/reply.h"

namespace rl::http {
namespace {

/// Why a request cannot be passed on whoever sends it; nothing when it can.
std::optional<Problem> obstacle(const RequestHead& head) {
  const auto is_upgrade = [](const Field& field) { return same_word(field.name, "Upgrade"); };
  if (std::any_of(head.fields.begin(), head.fields.end(), is_upgrade)) {
    return Problem{.status = 501, .title = {}, .detail = "this gateway passes no upgrade on"};
  }
  if (head.method == "HEAD" && (head.chunked || head.content_length > 0)) {
    return Problem{.status = 400, .title = {}, .detail = "a HEAD request has no body here"};
  }
  if (climbs_out(std::string_view(head.target).substr(kGatewayPath.size()))) {
    return Problem{
        .status = 400, .title = {}, .detail = "the path leads out of what is served below it"};
  }
  return std::nullopt;
}

Problem no_room() {
  return {.status = 503,
          .title = "Temporarily reduced capacity",
          .detail = "too many requests to the upstream are under way",
          .type = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity"};
}

}  // namespace

Gateway::Gateway(const Options& options, const Parts& parts)
    : options_(options),
      middleware_(parts.middleware),
      upstreams_(options.upstreams, clock_, parts.log),
      shared_{.upstreams = upstreams_,
              .metrics = metrics_,
              .route = parts.http.route(kGatewayRoute),
              .clock = clock_,
              .log = parts.log,
              .patience = options.patience,
              .ca_file = options.ca_file,
              .trusted = options.trusted,
              .pass_api_key = options.pass_api_key,
              .log_requests = options.log_requests} {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  for (std::size_t i = 0; i < options_.threads; ++i) {
    loops_.push_back(std::make_unique<CurlLoop>(shared_, clock_));
  }
}

Gateway::~Gateway() {
  loops_.clear();
  curl_global_cleanup();
}

bool Gateway::takes(const RequestHead& head) const {
  return head.target.starts_with(kGatewayPath) && head.target[kGatewayPath.size()] == '/';
}

void Gateway::decide(const Arrival& arrival) {
  const auto proxy = std::make_shared<AdmittedProxy>();
  proxy->begin = clock_.now();
  Reply reply;
  auto caller = let_in(arrival, proxy->slot, reply);
  if (!caller) {
    return reject(arrival, proxy->begin, reply);
  }
  proxy->user_id = caller->user_id;
  proxy->tier = caller->tier;
  const std::string path = path_of(arrival.head.target);
  middleware_.admit_later(*std::move(caller), {.method = arrival.head.method, .path = path}, 429,
                          [this, arrival, proxy](bool admitted, Reply decided) {
                            if (admitted) {
                              proxy->limits = std::move(decided.fields);
                              return arrival.verdict.admit(proxy);
                            }
                            proxy->slot.give_up();
                            reject(arrival, proxy->begin, decided);
                          });
}

/// The caller, with a place for its request; nothing: the reply says why.
std::optional<Caller> Gateway::let_in(const Arrival& arrival, GatewaySlot& slot, Reply& reply) {
  if (const auto problem = obstacle(arrival.head)) {
    answer(reply, *problem);
    return std::nullopt;
  }
  auto caller = middleware_.identify(arrival.head.fields, reply);
  if (!caller) {
    return std::nullopt;
  }
  // Before the decision, so that who finds no room has taken no unit.
  slot = GatewaySlot::take(shared_.in_flight, options_.most_in_flight);
  if (!slot.is_taken()) {
    metrics_.count(UpstreamError::kPoolFull);
    reply.fields.emplace_back("Retry-After", "1");
    answer(reply, no_room());
    return std::nullopt;
  }
  return caller;
}

void Gateway::reject(const Arrival& arrival, Instant begin, const Reply& reply) const {
  shared_.route.record(arrival.head.method, reply.status, clock_.now() - begin);
  arrival.verdict.reject(reply_text(
      reply,
      {.at = clock_.wall_now(), .head_only = arrival.head.method == "HEAD", .last = arrival.last}));
}

void Gateway::begin(std::shared_ptr<Admitted> admitted, ClientStream& client) {
  const std::size_t loop = next_loop_.fetch_add(1, std::memory_order_relaxed) % loops_.size();
  loops_[loop]->take(std::static_pointer_cast<AdmittedProxy>(std::move(admitted)), client);
}

void Gateway::stop() {
  for (const auto& loop : loops_) {
    loop->stop();
  }
}

}  // namespace rl::http
