#include "rl/http/metrics_api.h"

#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>

#include "rl/metrics/exposition.h"
#include "tests/http/house.h"
#include "tests/support/command.h"

using rl::test::House;

namespace {

/// The data API of a house with metrics, and the page that shows them.
struct Measured {
  explicit Measured(House& house_of)
      : house(house_of),
        page({.policies = house.policies,
              .tiers_file = house.tiers_file,
              .health = house.health.word(),
              .store = house.store,
              .counters = house.counters,
              .http = http},
             "1.2.3"),
        server({.name = "measured", .threads = 2, .metrics = &http}, house.log) {
    rl::http::mount_probes(server, house.ready);
    rl::http::mount_data_api(server, house.middleware, house.policies);
    server.get("/broken", [](const auto&, auto&) { throw std::runtime_error("secret"); });
    page.mount(server, &house.guard);
    server.start();
  }

  rl::client::HttpReply ask(const rl::client::HttpRequest& request) {
    return House::send(connection, request);
  }
  void get_as(const std::string& key, const std::string& target) {
    ask({.target = target, .headers = {{"X-API-Key", key}}});
  }

  /// The value of a sample; -1 when there is none.
  double value(const std::string& sample) const {
    std::istringstream lines("\n" + page.text());
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(sample + " ")) {
        return std::stod(line.substr(sample.size() + 1));
      }
    }
    return -1;
  }

  House& house;
  rl::HttpMetrics http{house.clock};
  rl::http::MetricsApi page;
  rl::http::Server server;
  rl::client::HttpConnection connection{server.bind({"127.0.0.1", 0}).value(),
                                        std::chrono::seconds{3}};
};

/// Some traffic of every kind.
void drive(Measured& measured) {
  for (int i = 0; i < 23; ++i) {
    measured.get_as("rlk_demo_free", "/test");
  }
  measured.get_as("rlk_demo_pro", "/v1/check?route=/made-up/by-a-client");
  measured.get_as("rlk_not_a_key", "/test");
  measured.get_as("rlk_demo_pro", "/broken");
  for (const char* const target : {"/made-up-1", "/made-up-2?x", "/test/below", "/%74est2"}) {
    measured.get_as("rlk_demo_pro", target);
  }
  measured.ask({.method = "POST", .target = "/test"});
  measured.ask({.method = "HEAD", .target = "/livez"});
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("what happened is what the metrics say") {
    House house;
    Measured measured(house);
    drive(measured);
    const std::pair<const char*, double> samples[] = {
        {"rl_decisions_total{tier=\"free\",outcome=\"allowed\",rule=\"\"}", 20},
        {"rl_decisions_total{tier=\"free\",outcome=\"denied\",rule=\"t/1m\"}", 3},
        {"rl_decisions_total{tier=\"pro\",outcome=\"allowed\",rule=\"\"}", 1},
        {"rl_decision_duration_seconds_count", 24},
        {"rl_store_duration_seconds_count{store=\"memory\"}", 24},
        {"rl_store_errors_total{kind=\"unreachable\"}", 0},
        {"rl_unauthenticated_total", 1},
        {"rl_http_requests_total{route=\"/test\",method=\"GET\",code=\"200\"}", 20},
        {"rl_http_requests_total{route=\"/test\",method=\"GET\",code=\"429\"}", 3},
        {"rl_http_requests_total{route=\"/test\",method=\"GET\",code=\"401\"}", 1},
        {"rl_http_requests_total{route=\"/v1/check\",method=\"GET\",code=\"200\"}", 1},
        {"rl_http_requests_total{route=\"/broken\",method=\"GET\",code=\"500\"}", 1},
        {"rl_http_requests_total{route=\"/livez\",method=\"HEAD\",code=\"200\"}", 1},
        {"rl_http_requests_total{route=\"other\",method=\"GET\",code=\"404\"}", 4},
        {"rl_http_requests_total{route=\"other\",method=\"POST\",code=\"405\"}", 1},
        {"rl_http_request_duration_seconds_count{route=\"/test\"}", 24},
        {"rl_health_state", 0},
        {"rl_health_version", 1},
        {"rl_policy_version", 1},
        {"rl_reloads_total{result=\"loaded\"}", 0},
        {"rl_reloads_total{result=\"refused\"}", 0},
        {"rl_buckets", 2},
        {"rl_build_info{version=\"1.2.3\"}", 1},
    };
    for (const auto& [sample, expected] : samples) {
      CAPTURE(sample);
      CHECK(measured.value(sample) == expected);
    }
    house.health.set({.state = rl::HealthState::kDegraded});
    house.write_tiers("version = 2");
    CHECK_FALSE(house.tiers_file.reload({.cause = "test"}).has_value());
    CHECK(measured.value("rl_health_state") == 1);
    CHECK(measured.value("rl_health_version") == 2);
    CHECK(measured.value("rl_reloads_total{result=\"refused\"}") == 1);
  }

  TEST_CASE("no name that a client made up becomes a label") {
    House house;
    Measured measured(house);
    drive(measured);
    const std::string text = measured.page.text();
    for (const char* const made_up : {"made-up", "below", "rlk_", "demo-", "not_a_key"}) {
      CAPTURE(made_up);
      CHECK(text.find(made_up) == std::string::npos);
    }
    static const std::regex kRoute("route=\"([^\"]*)\"");
    std::set<std::string> routes;
    for (std::sregex_iterator it(text.begin(), text.end(), kRoute), end; it != end; ++it) {
      routes.insert((*it)[1].str());
    }
    CHECK(routes == std::set<std::string>{"/broken", "/limit", "/livez", "/metrics", "/ping",
                                          "/readyz", "/test", "/v1/check", "other"});
  }

  TEST_CASE("the metrics need the token unless they are open") {
    House house;
    Measured measured(house);
    CHECK(measured.ask({.target = "/metrics"}).status == 401);
    const auto reply = measured.ask(
        {.target = "/metrics",
         .headers = {{"Authorization", std::string("Bearer ") + rl::test::kAdminToken}}});
    CHECK(reply.status == 200);
    CHECK(rl::test::header_of(reply, "Content-Type") == rl::Exposition::kContentType);
    rl::http::Server open({.name = "open", .threads = 1}, house.log);
    measured.page.mount(open, nullptr);
    const rl::Address address = open.bind({"127.0.0.1", 0}).value();
    open.start();
    rl::client::HttpConnection connection(address, std::chrono::seconds{3});
    CHECK(House::send(connection, {.target = "/metrics"}).status == 200);
  }

  TEST_CASE("promtool finds nothing wrong with the metrics") {
    House house;
    Measured measured(house);
    drive(measured);
    const auto finished = rl::test::run(
        {.argv = {"/usr/bin/env", "promtool", "check", "metrics"}, .input = measured.page.text()});
    CHECK_MESSAGE(finished.status == 0, finished.out << finished.err);
  }
}
