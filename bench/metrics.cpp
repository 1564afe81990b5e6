#include <benchmark/benchmark.h>

#include "rl/base/log.h"
#include "rl/config/policy_file.h"
#include "rl/health/health_register.h"
#include "rl/http/data_api.h"
#include "rl/http/measured.h"
#include "rl/http/server.h"
#include "rl/identity/demo_identity.h"
#include "rl/metrics/http_metrics.h"
#include "rl/metrics/usage_meter.h"
#include "rl/store/memory/memory_store.h"

// What counting costs a request, held against the whole request: inside the process, and over a
// connection. `scripts/bench` runs it.

namespace {

constexpr char kPolicy[] = R"(
version = 1
default_tier = "free"
[tiers.free]
[[tiers.free.limits]]
window = "1s"
base = 1000
algorithm = "token_bucket"
)";

constexpr char kKey[] = "rlk_demo_free";

/// The parts of a server.
struct House {
  rl::SystemClock clock;
  rl::PolicyRegister policies{rl::parse_policy(kPolicy, "bench").value()};
  rl::HealthRegister health{clock};
  rl::MemoryStore store{clock, {}};
  rl::DemoIdentity identity{policies};
  rl::DecisionCounters counters;
  rl::HttpMetrics metrics{clock};
  rl::UsageMeter usage;
  rl::Admission admission{{.policies = policies,
                           .health = health.word(),
                           .store = store,
                           .clock = clock,
                           .counters = counters,
                           .usage = &usage}};
  rl::http::Middleware middleware{identity, admission, counters};
};

House& house() {
  static House the_one;
  return the_one;
}

/// All that a request does for metrics alone, clock included.
void counting(benchmark::State& state) {
  rl::DecisionCounters& counters = house().counters;
  rl::RouteMetrics& route = house().metrics.route("/test");
  const rl::Clock& clock = house().clock;
  for (auto _ : state) {
    const rl::Instant received = clock.now();
    const rl::Instant begin = clock.now();
    const rl::Instant asked = clock.now();
    const rl::Instant answered = clock.now();
    counters.store_time().observe(answered - asked);
    counters.count("free", true);
    counters.decision_time().observe(answered - begin);
    route.record("GET", 200, clock.now() - received);
  }
}

/// What it costs beside that to count whose request it was, with 1000 keys that take turns.
void counting_usage(benchmark::State& state) {
  static rl::UsageMeter meter;
  const rl::WallTime now = house().clock.wall_now();
  std::uint64_t key = 0;
  for (auto _ : state) {
    key = key % 1000 + 1;
    meter.count({.user = key, .key = key}, now, true);
  }
}

/// The request from its parsed form to its response, counting included, without any connection.
void handling(benchmark::State& state) {
  const auto handler =
      rl::http::measured(house().metrics.route("/test"), house().clock,
                         house().middleware.limit([](const auto&, httplib::Response& response) {
                           response.set_content("ok", "text/plain");
                         }));
  httplib::Request request;
  request.method = "GET";
  request.path = "/test";
  request.headers.emplace("X-API-Key", kKey);
  for (auto _ : state) {
    httplib::Response response;
    handler(request, response);
    benchmark::DoNotOptimize(response.status);
  }
}

/// The same over a connection that stays open: the time of the server's whole process and ours.
/// With the metrics of HTTP, or without; a decision is counted in any case.
void connection(benchmark::State& state, bool with_metrics) {
  const rl::Log log(rl::LogLevel::kError);
  rl::http::Server server(
      {.name = "bench", .threads = 2, .metrics = with_metrics ? &house().metrics : nullptr}, log);
  rl::http::mount_data_api(server, house().middleware, house().policies);
  const rl::Address address = server.bind({"127.0.0.1", 0}).value();
  server.start();
  httplib::Client client(address.host, address.port);
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  const httplib::Headers headers = {{"X-API-Key", kKey}};
  for (auto _ : state) {
    benchmark::DoNotOptimize(client.Get("/test", headers)->status);
  }
  server.stop();
}

BENCHMARK(counting)->UseRealTime()->ThreadRange(1, 2);
BENCHMARK(counting_usage)->UseRealTime()->ThreadRange(1, 2);
BENCHMARK(handling)->UseRealTime();
BENCHMARK_CAPTURE(connection, with, true)->UseRealTime();
BENCHMARK_CAPTURE(connection, without, false)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
