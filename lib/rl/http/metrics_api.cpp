#include "rl/http/metrics_api.h"

#include <chrono>
#include <utility>

#include "rl/metrics/exposition.h"

namespace rl::http {
namespace {

void add_decisions(Exposition& page, const DecisionCounters& counters) {
  const Exposition::Name decisions = {"rl_decisions_total",
                                      "Requests decided, denied ones by the rule that denied."};
  for (const auto& [series, totals] : counters.by_series()) {
    const auto& [tier, rule] = series;
    const bool denial = !rule.empty();
    page.counter(decisions, denial ? totals.denied : totals.allowed,
                 {{"tier", tier}, {"outcome", denial ? "denied" : "allowed"}, {"rule", rule}});
  }
  page.histogram({"rl_decision_duration_seconds", "How long a decision took, store included."},
                 counters.decision_time().totals());
  page.counter({"rl_unauthenticated_total", "Requests refused because of their API key."},
               counters.unauthenticated());
}

Exposition::Name store_errors() {
  return {"rl_store_errors_total", "Decisions that the store did not make."};
}

void add_shared_store(Exposition& page, const SharedStoreStats& shared) {
  page.counter(store_errors(), shared.late, {{"kind", "late"}});
  page.counter(store_errors(), shared.unreachable, {{"kind", "unreachable"}});
  page.counter(store_errors(), shared.refused, {{"kind", "refused"}});
  page.counter(store_errors(), shared.overflow, {{"kind", "overflow"}});
  const bool closed = shared.breaker == "closed";
  page.gauge({"rl_breaker_state", "0 closed: the shared store is asked; 1 half-open, 2 open."},
             closed ? 0 : (shared.breaker == "half-open" ? 1 : 2));
  page.gauge({"rl_store_reachable", "Whether there is a connection to the shared store."},
             shared.reachable ? 1 : 0);
  page.gauge({"rl_store_clock_ahead_seconds", "Its clock less the one of this host."},
             std::chrono::duration<double>(shared.clock_ahead).count());
  page.gauge({"rl_store_instances", "Instances that share the limits, as known here."},
             shared.instances);
  page.counter({"rl_fallback_decisions_total", "Decisions made without the shared store."},
               shared.without);
  page.counter({"rl_store_calls_total", "Calls to the shared store."}, shared.calls);
  page.counter({"rl_store_asked_total", "Decisions that it was asked for in them."}, shared.asked);
  page.counter({"rl_denials_known_total", "Denials that were told again without asking."},
               shared.denied_here);
  page.gauge({"rl_store_queued", "Decisions that wait to be sent to the shared store."},
             static_cast<double>(shared.queued));
}

void add_store(Exposition& page, const Store& store, const FallbackStore* shared,
               const DecisionCounters& counters) {
  const StoreStats stats = store.stats();
  const Exposition::Labels kind = {{"store", std::string(store.kind())}};
  page.histogram({"rl_store_duration_seconds", "How long the store took for a decision."},
                 counters.store_time().totals(), kind);
  if (shared != nullptr) {
    add_shared_store(page, shared->shared_stats());
  } else {
    page.counter(store_errors(), counters.store_errors(), {{"kind", "unreachable"}});
  }
  page.gauge({"rl_buckets", "Counters held."}, static_cast<double>(stats.buckets));
  page.gauge({"rl_buckets_limit", "The most counters held."},
             static_cast<double>(stats.max_buckets));
  page.gauge({"rl_store_bytes", "Memory that the counters take."},
             static_cast<double>(stats.bytes));
  page.gauge({"rl_store_limit_bytes", "The most memory that the counters take."},
             static_cast<double>(stats.max_bytes));
  page.counter({"rl_evicted_live_total", "Counters forgotten at a bound while still counting."},
               stats.evicted_live);
  page.counter({"rl_expired_total", "Counters that were idle and left."}, stats.expired);
}

void add_requests(Exposition& page, const HttpMetrics& http) {
  const auto routes = http.all();
  for (const auto& [route, metrics] : routes) {
    for (const RouteMetrics::Count& count : metrics->counts()) {
      page.counter({"rl_http_requests_total", "Requests answered, by mounted path."},
                   count.requests,
                   {{"route", route},
                    {"method", std::string(count.method)},
                    {"code", std::to_string(count.status)}});
    }
  }
  for (const auto& [route, metrics] : routes) {
    if (metrics == &http.other()) {
      continue;  // not measured: nothing ran
    }
    page.histogram(
        {"rl_http_request_duration_seconds", "How long making the answer to a request took."},
        metrics->durations(), {{"route", route}});
  }
}

void add_upstreams(Exposition& page, const Gateway& gateway) {
  const UpstreamMetrics& metrics = gateway.metrics();
  page.histogram({"rl_upstream_duration_seconds",
                  "From a request's head until the head of its upstream's response."},
                 metrics.head_time().totals());
  for (std::size_t i = 0; i < UpstreamMetrics::kErrors.size(); ++i) {
    page.counter({"rl_upstream_errors_total", "Proxied requests without a proper response."},
                 metrics.errors(static_cast<UpstreamError>(i)),
                 {{"kind", std::string(UpstreamMetrics::kErrors[i])}});
  }
  page.counter({"rl_upstream_retries_total", "Requests that were sent twice."}, metrics.retries());
  page.gauge({"rl_upstream_in_flight", "Proxied requests under way."},
             static_cast<double>(gateway.in_flight()));
  for (std::size_t i = 0; i < gateway.upstreams().size(); ++i) {
    page.gauge({"rl_upstream_up", "Whether requests go to it: 0 after failures to connect."},
               gateway.upstreams().is_in(i) ? 1 : 0,
               {{"upstream", gateway.upstreams().at(i).origin}});
  }
}

}  // namespace

void MetricsApi::mount(Server& server, const AdminGuard* guard) const {
  httplib::Server::Handler handler = [this](const httplib::Request&, httplib::Response& response) {
    response.set_content(text(), Exposition::kContentType);
  };
  server.get("/metrics", guard != nullptr ? guard->protect(std::move(handler)) : handler);
}

std::string MetricsApi::text() const {
  Exposition page;
  page.gauge({"rl_build_info", "1, with what is running as its labels."}, 1,
             {{"version", version_}});
  const Health health = parts_.health.read();
  page.gauge({"rl_health_state", "0 NORMAL, 1 DEGRADED."},
             health.state == HealthState::kNormal ? 0 : 1);
  page.gauge({"rl_health_version", "Rises with every change of the health."},
             static_cast<double>(health.version));
  page.gauge({"rl_policy_version", "Rises with every policy put in force."},
             static_cast<double>(parts_.policies.snapshot()->version));
  const TiersFile::Counts reloads = parts_.tiers_file.counts();
  const Exposition::Name name = {"rl_reloads_total",
                                 "Changes of the policy since start, put in force or refused."};
  page.counter(name, reloads.loaded, {{"result", "loaded"}});
  page.counter(name, reloads.refused, {{"result", "refused"}});
  add_decisions(page, parts_.counters);
  add_store(page, parts_.store, parts_.shared, parts_.counters);
  add_requests(page, parts_.http);
  if (parts_.gateway != nullptr) {
    add_upstreams(page, *parts_.gateway);
  }
  return page.text();
}

}  // namespace rl::http
