#include "rl/http/probes.h"

#include "tests/http/house.h"

using rl::test::document_of;
using rl::test::House;

TEST_SUITE("http") {
  TEST_CASE("probes answer on both listeners without key and token") {
    House house;
    for (auto* const connection : {&house.to_data, &house.to_admin}) {
      for (int i = 0; i < 30; ++i) {
        const auto live = House::send(*connection, {.target = "/livez"});
        CHECK(document_of(live) == nlohmann::json{{"status", "alive"}});
        CHECK_FALSE(live.header("X-RateLimit-Limit").has_value());
      }
      CHECK(document_of(House::send(*connection, {.target = "/readyz"})) ==
            nlohmann::json{{"status", "ready"}});
      CHECK(House::send(*connection, {.method = "HEAD", .target = "/readyz"}).status == 200);
    }
  }

  TEST_CASE("an instance that can decide nothing is alive and not ready") {
    const rl::Log log(rl::LogLevel::kError);
    const rl::http::Readiness ready{true};
    std::atomic<bool> decides{true};
    rl::http::Server server({.name = "probed", .threads = 1}, log);
    rl::http::mount_probes(server, ready, [&decides] { return decides.load(); });
    const rl::Address address = server.bind({"127.0.0.1", 0}).value();
    server.start();
    rl::client::HttpConnection connection(address, std::chrono::seconds{20});
    CHECK(House::send(connection, {.target = "/readyz"}).status == 200);
    decides = false;
    CHECK(rl::test::problem_of(House::send(connection, {.target = "/readyz"}), 503)["detail"] ==
          "the shared store does not answer, and nothing is to decide in its place");
    CHECK(House::send(connection, {.target = "/livez"}).status == 200);
    decides = true;
    CHECK(House::send(connection, {.target = "/readyz"}).status == 200);
  }

  TEST_CASE("an instance that drains is alive and not ready") {
    House house;
    house.ready = false;
    CHECK(rl::test::problem_of(house.get("/readyz"), 503)["detail"] == "this instance is stopping");
    CHECK(house.get("/livez").status == 200);
    CHECK(house.get_as("rlk_demo_free", "/test").status == 200);
    house.ready = true;
    CHECK(house.get("/readyz").status == 200);
  }
}
