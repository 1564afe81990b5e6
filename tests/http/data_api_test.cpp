#include "rl/http/data_api.h"

#include "tests/http/house.h"
#include "tests/support/raw_connection.h"

using namespace std::chrono_literals;
using rl::test::document_of;
using rl::test::header_of;
using rl::test::House;
using rl::test::problem_of;

namespace {

constexpr char kFree[] = "rlk_demo_free";

/// A tier of 100 a minute, and a route of 5 units with a limit of its own.
rl::Policy policy_with_route() {
  return rl::test::policy_of(R"(
version = 1
default_tier = "free"
[tiers.free]
[[tiers.free.limits]]
window = "1m"
base = 100
[[routes]]
match = "POST /v1/transcribe"
cost = 5
[[routes.limits]]
name = "transcribe"
window = "1h"
base = 12
)");
}

std::string remaining(const rl::client::HttpReply& reply) {
  return header_of(reply, "X-RateLimit-Remaining");
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("test and limit answer with their path and count together") {
    House house;
    const auto test = house.get_as(kFree, "/test");
    CHECK(document_of(test) == nlohmann::json{{"ok", true}, {"path", "/test"}});
    const auto limit = house.get_as(kFree, "/limit");
    CHECK(document_of(limit) == nlohmann::json{{"ok", true}, {"path", "/limit"}});
    CHECK(remaining(limit) == "18");
  }

  TEST_CASE("each anonymous caller has an allowance of its own") {
    House house;
    for (int i = 19; i >= 0; --i) {
      const auto reply = house.get("/ping?user_id=alice");
      CHECK(document_of(reply) == nlohmann::json{{"ok", true}, {"user_id", "alice"}});
      CHECK(remaining(reply) == std::to_string(i));
    }
    const auto denied = house.get("/ping?user_id=alice");
    CHECK(problem_of(denied, 429)["retry_after_seconds"] == 60);
    CHECK(header_of(denied, "Retry-After") == "60");
    CHECK(remaining(house.get("/ping?user_id=bob")) == "19");
    CHECK(remaining(house.get("/ping?user_id=Alice")) == "19");
    CHECK(remaining(house.get_as(kFree, "/test")) == "19");
  }

  TEST_CASE("ping needs one user id of 1 to 256 bytes") {
    House house;
    const std::string longest(256, 'a');
    for (const std::string& query :
         {std::string(), std::string("?"), std::string("?user_id"), std::string("?user_id="),
          std::string("?user=alice"), std::string("?USER_ID=alice"),
          std::string("?user_id=alice&user_id=bob"), "?user_id=a" + longest}) {
      CAPTURE(query);
      const auto reply = house.get("/ping" + query);
      CHECK(problem_of(reply, 400)["detail"] ==
            "name the caller once, as ?user_id= and 1 to 256 bytes");
      CHECK_FALSE(reply.header("X-RateLimit-Limit").has_value());
    }
    CHECK(house.store.stats().buckets == 0);
    CHECK(remaining(house.get("/ping?user_id=" + longest)) == "19");
    CHECK(remaining(house.get("/ping?user_id=b" + longest.substr(1))) == "19");
    CHECK(remaining(house.get("/ping?user_id=" + longest)) == "18");
  }

  TEST_CASE("a user id of any bytes is one caller and comes back as valid JSON") {
    House house;
    CHECK(document_of(house.get("/ping?user_id=%22%0D%0AX-Own:%201"))["user_id"] ==
          "\"\r\nX-Own: 1");
    CHECK(document_of(house.get("/ping?user_id=a%FF"))["user_id"] == "a\xEF\xBF\xBD");
    const auto other = house.get("/ping?user_id=a%FE");
    CHECK(remaining(other) == "19");
    CHECK_FALSE(other.header("X-Own").has_value());
  }

  TEST_CASE("ping has the rules of its own route") {
    House house(rl::test::policy_of(R"(
version = 1
default_tier = "free"
[anonymous]
tier = "free"
[tiers.free]
[[tiers.free.limits]]
window = "1m"
base = 100
[[routes]]
match = "GET /ping"
cost = 5
)"));
    CHECK(remaining(house.get("/ping?user_id=alice")) == "95");
  }

  TEST_CASE("ping is not there when the policy lets in nobody without a key") {
    House house(policy_with_route());
    CHECK(problem_of(house.get("/ping?user_id=alice"), 404)["detail"] ==
          "callers without a key are not let in by this policy");
    CHECK(problem_of(house.get("/ping"), 404)["status"] == 404);
    CHECK(house.store.stats().buckets == 0);
  }

  TEST_CASE("a check decides for the route that the query names") {
    House house(policy_with_route());
    const auto reply = house.get_as(kFree, "/v1/check?route=POST%20/v1/transcribe");
    CHECK(document_of(reply) == nlohmann::json{{"allowed", true}});
    CHECK(header_of(reply, "X-RateLimit-User") == "1");
    CHECK(header_of(reply, "X-RateLimit-Tier") == "free");
    CHECK(header_of(reply, "RateLimit") == "\"1m\";r=95;t=60, \"route:transcribe\";r=7;t=3600");
    CHECK(remaining(house.get_as(kFree, "/v1/check?route=GET%20/v1/transcribe")) == "94");
    CHECK(remaining(house.get_as(kFree, "/v1/check")) == "93");
    CHECK(house.get_as(kFree, "/v1/check?route=POST+/v1/transcribe").status == 200);
    const auto denied = house.get_as(kFree, "/v1/check?route=POST+/v1/transcribe");
    CHECK(problem_of(denied, 429)["violated-policies"] == nlohmann::json{"route:transcribe"});
    CHECK(header_of(denied, "Retry-After") == "3600");
    CHECK_FALSE(denied.header("X-RateLimit-User").has_value());
  }

  TEST_CASE("a check decides for the route that a proxy forwards") {
    House house(policy_with_route());
    const auto ask = [&](const char* method, const char* uri, const char* value) {
      return house.get("/v1/check?route=GET%20/",
                       {{"X-API-Key", kFree}, {method, "POST"}, {uri, value}});
    };
    CHECK(header_of(ask("X-Forwarded-Method", "X-Forwarded-Uri", "/v1/transcribe?lang=de"),
                    "RateLimit") == "\"1m\";r=95;t=60, \"route:transcribe\";r=7;t=3600");
    CHECK(header_of(ask("X-Original-Method", "X-Original-URI", "/v1/transcribe"), "RateLimit") ==
          "\"1m\";r=90;t=60, \"route:transcribe\";r=2;t=3600");
    CHECK(header_of(ask("X-Original-Method", "X-Forwarded-Uri", "/v1/transcribe"), "RateLimit") ==
          "\"1m\";r=89;t=60");  // a method is no half of the other pair
  }

  TEST_CASE("a forwarded path with encoded bytes is a path like any other") {
    House house(policy_with_route());
    for (const std::string uri : {"/my%20file.txt", "/%C3%A9t%C3%A9", "/a%3Fb", "/100%25"}) {
      CAPTURE(uri);
      CHECK(house.get("/v1/check", {{"X-API-Key", kFree}, {"X-Forwarded-Uri", uri}}).status == 200);
    }
  }

  TEST_CASE("a check takes the cost that it is told and 0 takes nothing") {
    House house;
    CHECK(remaining(house.get_as(kFree, "/v1/check?cost=15")) == "5");
    CHECK(remaining(house.get_as(kFree, "/v1/check?cost=0")) == "5");
    const auto denied = house.get_as(kFree, "/v1/check?cost=6");
    CHECK(denied.status == 429);
    CHECK(header_of(denied, "Retry-After") == "60");
    CHECK(remaining(denied) == "5");
    CHECK(remaining(house.get_as(kFree, "/v1/check?cost=5")) == "0");
    CHECK(house.get_as(kFree, "/v1/check?cost=0").status == 200);
    const auto never = house.get_as(kFree, "/v1/check?cost=21");
    CHECK(never.status == 429);
    CHECK_FALSE(never.header("Retry-After").has_value());
    CHECK_FALSE(problem_of(never, 429).contains("retry_after_seconds"));
  }

  TEST_CASE("a check that cannot be understood is 400 and takes nothing") {
    House house;
    for (const std::string query :
         {"cost=-1", "cost=", "cost=x", "cost=1.5", "cost=1000001", "cost=99999999999999999999",
          "deny_status=200", "deny_status=", "deny_status=abc", "route=nowhere", "route=get+/"}) {
      CAPTURE(query);
      const auto reply = house.get_as(kFree, "/v1/check?" + query);
      CHECK(problem_of(reply, 400)["title"] == "Bad Request");
      CHECK_FALSE(reply.header("X-RateLimit-Limit").has_value());
    }
    CHECK(house.store.stats().buckets == 0);
  }

  TEST_CASE("a check needs a key like any request") {
    House house;
    const auto reply = house.get("/v1/check?deny_status=403");
    problem_of(reply, 401);
    CHECK(header_of(reply, "WWW-Authenticate") == "Bearer realm=\"rl\"");
    CHECK(problem_of(house.get_as("nobody", "/v1/check"), 401)["status"] == 401);
  }

  TEST_CASE("a denial can be 403 and still says everything") {
    House house;
    CHECK(house.get_as(kFree, "/v1/check?cost=20&deny_status=403").status == 200);
    const auto reply = house.get_as(kFree, "/v1/check?deny_status=403");
    const auto problem = problem_of(reply, 403);
    CHECK(problem["title"] == "Quota exceeded");
    CHECK(problem["retry_after_seconds"] == 60);
    CHECK(header_of(reply, "Retry-After") == "60");
    CHECK(remaining(reply) == "0");
    CHECK(header_of(reply, "Cache-Control") == "no-store");
    CHECK(house.get_as(kFree, "/v1/check?deny_status=429").status == 429);
  }

  TEST_CASE("a check may be HEAD or POST with or without a body") {
    House house;
    const auto ask = [&](const std::string& method, const std::string& body,
                         const std::string& type = {}) {
      return house.ask({.method = method,
                        .target = "/v1/check?cost=2",
                        .headers = {{"X-API-Key", kFree}},
                        .body = body,
                        .content_type = type});
    };
    const auto head = ask("HEAD", "");
    CHECK(head.status == 200);
    CHECK(head.body.empty());
    CHECK(remaining(head) == "18");
    CHECK(remaining(ask("POST", "")) == "16");
    CHECK(remaining(ask("POST", "what the client sent", "text/plain")) == "14");
    CHECK(remaining(ask("POST", "cost=0&route=/x", "application/x-www-form-urlencoded")) == "12");
  }

  TEST_CASE("a form in the body cannot change the decision") {
    House house(policy_with_route());
    const auto reply = house.ask({.method = "POST",
                                  .target = "/v1/check",
                                  .headers = {{"X-API-Key", kFree}},
                                  .body = "cost=0&deny_status=403&route=POST+/v1/transcribe",
                                  .content_type = "application/x-www-form-urlencoded"});
    CHECK(header_of(reply, "RateLimit") == "\"1m\";r=99;t=60");
  }

  TEST_CASE("a POST without any word on its body is answered at once") {
    House house;
    rl::test::RawConnection connection(house.data_address);
    for (const std::string left : {"19", "18"}) {
      const std::string reply =
          connection.ask("POST /v1/check HTTP/1.1\r\nHost: x\r\nX-API-Key: rlk_demo_free\r\n\r\n");
      CHECK(reply.starts_with("HTTP/1.1 200 OK\r\n"));
      CHECK(reply.find("X-RateLimit-Remaining: " + left) != std::string::npos);
    }
  }

  TEST_CASE("a chunked body is read and what follows it is the next request") {
    House house;
    rl::test::RawConnection connection(house.data_address);
    const std::string check =
        "POST /v1/check HTTP/1.1\r\nHost: x\r\nX-API-Key: rlk_demo_free\r\n"
        "Transfer-Encoding: chunked\r\n";
    for (const std::string left : {"19", "18"}) {
      const std::string reply = connection.ask(check + "\r\n4\r\nbody\r\n0\r\n\r\n");
      CHECK(reply.starts_with("HTTP/1.1 200 "));
      CHECK(reply.find("X-RateLimit-Remaining: " + left) != std::string::npos);
    }
    CHECK(
        connection.ask(check + "Content-Length: 4\r\n\r\n0\r\n\r\n").starts_with("HTTP/1.1 400 "));
    CHECK(house.counters.total().allowed == 2);
  }

  TEST_CASE("the body of a GET is never taken for a request") {
    House house;
    rl::test::RawConnection connection(house.data_address);
    const std::string inner = "GET /test HTTP/1.1\r\nHost: x\r\nX-API-Key: rlk_demo_free\r\n\r\n";
    const std::string reply = connection.ask(
        "GET /test HTTP/1.1\r\nHost: x\r\nX-API-Key: rlk_demo_free\r\nContent-Length: " +
        std::to_string(inner.size()) + "\r\n\r\n" + inner);
    CHECK(reply.starts_with("HTTP/1.1 200 "));
    CHECK(reply.find("Connection: close") == std::string::npos);
    CHECK(house.counters.total().allowed == 1);
    CHECK(connection.ask(inner).find("X-RateLimit-Remaining: 18") != std::string::npos);
  }

  TEST_CASE("pipelined requests are answered in order") {
    House house;
    rl::test::RawConnection connection(house.data_address);
    const std::string one = "GET /test HTTP/1.1\r\nHost: x\r\nX-API-Key: rlk_demo_free\r\n\r\n";
    CHECK(connection.ask(one + one).find("X-RateLimit-Remaining: 19") != std::string::npos);
    CHECK(connection.ask("").find("X-RateLimit-Remaining: 18") != std::string::npos);
  }

  TEST_CASE("a form in the body is no query and a compressed body stays compressed") {
    House house;
    rl::test::RawConnection connection(house.data_address);
    const std::string reply = connection.ask(
        "POST /v1/check HTTP/1.1\r\nHost: x\r\nX-API-Key: rlk_demo_free\r\nContent-Encoding: "
        "gzip\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 6\r\n\r\ncost=0");
    CHECK(reply.starts_with("HTTP/1.1 200 "));
    CHECK(reply.find("X-RateLimit-Remaining: 19") != std::string::npos);
  }

  TEST_CASE("a head larger than the bound ends the connection") {
    House house;
    rl::test::RawConnection connection(house.data_address);
    const auto ask = [&](int thousands) {
      std::string head = "GET /test HTTP/1.1\r\nHost: x\r\nX-API-Key: rlk_demo_free\r\n";
      for (int i = 0; i < thousands; ++i) {
        head += "X-Filler: " + std::string(1'000, 'x') + "\r\n";
      }
      return connection.ask(head + "\r\n");
    };
    CHECK(ask(15).starts_with("HTTP/1.1 200 "));
    CHECK_FALSE(ask(200).starts_with("HTTP/1.1 200 "));
    CHECK(house.counters.total().allowed == 1);
  }

  TEST_CASE("a client cannot pretend to be another peer") {
    House house(policy_with_route());
    rl::test::RawConnection connection(house.data_address);
    const std::string reply = connection.ask(
        "GET /v1/check HTTP/1.1\r\nHost: x\r\nX-API-Key: rlk_demo_free\r\n"
        "REMOTE_ADDR: 10.0.0.7\r\nX-Forwarded-Method: POST\r\n"
        "X-Forwarded-Uri: /v1/transcribe\r\n\r\n");
    CHECK(reply.find("\"route:transcribe\";r=7") !=
          std::string::npos);  // this peer is on this machine
  }
}
