#include <vector>

#include "tests/http/house.h"
#include "tests/support/raw_connection.h"

// What a hostile client may try, one case each. Guessing of admin tokens is in admin_roles_test.cpp
// and login_throttle_test.cpp, the comparison of tokens in tests/identity/admin_tokens_test.cpp.

using namespace std::chrono_literals;
using rl::test::document_of;
using rl::test::House;
using rl::test::problem_of;
using rl::test::RawConnection;
using json = nlohmann::json;

namespace {

std::string status_of(const std::string& reply) {
  return reply.substr(0, std::string("HTTP/1.1 000").size());
}

/// What a data listener says to GET /test with these header lines.
std::string ask_raw(House& house, const std::string& lines) {
  RawConnection connection(house.data_address);
  return connection.ask("GET /test HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n");
}

const std::vector<std::string> kInjections = {
    "'; DROP TABLE users; --",
    "x' OR '1'='1",
    "\"); DELETE FROM keys; --",
    "x\" UNION SELECT digest FROM secrets --",
    "%s%n{}{0}",
    "$(id) `id` ${HOME}",
    "../../etc/passwd",
    "rl:1:user:1 * [a-z]? \\",
};

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("attack: header tricks with keys lead to no caller") {
    House house;
    const std::string good = "X-API-Key: rlk_demo_free\r\n";
    CHECK(status_of(ask_raw(house, good)) == "HTTP/1.1 200");
    const std::pair<std::string, const char*> rows[] = {
        {good + "X-API-Key: rlk_demo_pro\r\n", "HTTP/1.1 400"},
        {good + "Authorization: Bearer rlk_demo_pro\r\n", "HTTP/1.1 400"},
        {"X-API-Key: rlk_demo_free, rlk_demo_pro\r\n", "HTTP/1.1 401"},
        {"X-API-Key: " + std::string(8000, 'k') + "\r\n", "HTTP/1.1 401"},
        {"X-API-Key: " + std::string(20'000, 'k') + "\r\n", "HTTP/1.1 431"},
        {"X-API-Key: rlk_demo_free\xc3\xa4\r\n", "HTTP/1.1 401"},
        {"X-API-Key: \xff\xfe\r\n", "HTTP/1.1 401"},
        {std::string("X-API-Key: rlk_demo_free\0x\r\n", 28), "HTTP/1.1 400"},
        {"X-API-Key: rlk_demo\r\n _free\r\n", "HTTP/1.1 400"},  // folded
        {"X-API-Key: a\rX-API-Key: rlk_demo_free\r\n", "HTTP/1.1 400"},
        {"X-API-Key : rlk_demo_free\r\n", "HTTP/1.1 400"},
        {"X-API-Key: rlk_demo_free%0d%0aX-User: root\r\n", "HTTP/1.1 401"},
        {"X-API-Key: ' OR 1=1 --\r\n", "HTTP/1.1 401"},
    };
    for (const auto& [lines, status] : rows) {
      CAPTURE(lines.substr(0, 60));
      const std::string reply = ask_raw(house, lines);
      CHECK(status_of(reply) == status);
      CHECK(reply.find("rlk_") == std::string::npos);
      CHECK(reply.find("\r\nX-User") == std::string::npos);
    }
  }

  TEST_CASE("attack: names are data, to the database and to everything else") {
    House house;
    std::uint64_t id = 0;
    const std::size_t before = document_of(house.get_admin("/users"))["users"].size();
    for (const std::string& name : kInjections) {
      CAPTURE(name);
      const json user = document_of(house.post_admin("/users", json{{"name", name}}.dump()), 201);
      CHECK(user["name"] == name);
      id = user["id"];
      const json key = document_of(
          house.post_admin("/admin/v1/keys", json{{"user_id", id}, {"name", name}}.dump()), 201);
      CHECK(key["name"] == name);
      problem_of(house.post_admin("/users", json{{"name", name}}.dump()), 409);
      problem_of(house.post_admin("/users", json{{"name", "x"}, {"tier", name}}.dump()), 422);
      CHECK(problem_of(house.post_admin("/admin/v1/check", json{{"key", name}}.dump()), 404)
                .contains("detail"));
    }
    CHECK(document_of(house.get_admin("/users"))["users"].size() == before + kInjections.size());
    CHECK(document_of(house.get_admin("/admin/v1/keys"))["keys"].size() == kInjections.size());
  }

  TEST_CASE("attack: what is no id in a path finds nothing") {
    House house;
    document_of(house.post_admin("/users", R"({"name":"alice"})"), 201);
    const std::string ids[] = {
        "0",
        "-1",
        "+1",
        "01",
        "1.0",
        "1e0",
        "0x1",
        "%31%00",
        "1%2f..",
        "1;x=1",
        "%2e%2e",
        "..%2f1",
        "1%20",
        "%201",
        "*",
        "1'",
        "9999999999999999999",
        "k1",
        "1%0d%0a",
        "%ff",
        "%c0%ae1",
        "1%3fx",
        "1%23x",
    };
    for (const std::string& id : ids) {
      CAPTURE(id);
      for (const char* const method : {"GET", "DELETE"}) {
        problem_of(house.ask_admin(method, "/users/" + id), 404);
      }
    }
    for (const char* const id : {"1", "k0", "k01", "K1", "k-1", "k1%00", "k99999999999999999999"}) {
      CAPTURE(id);
      problem_of(house.ask_admin("POST", std::string("/admin/v1/keys/") + id + "/revoke"), 404);
    }
    CHECK(house.get_admin("/users/1").status == 200);
  }

  TEST_CASE("attack: a key that was revoked works nowhere any more") {
    House house;
    document_of(house.post_admin("/users", R"({"name":"alice"})"), 201);
    const json made = document_of(house.post_admin("/admin/v1/keys", R"({"user_id":1})"), 201);
    const std::string secret = made["secret"];
    const std::string path = "/admin/v1/keys/" + made["id"].get<std::string>();
    CHECK(house.get_as(secret, "/test").status == 200);
    const std::string next =
        document_of(house.ask_admin("POST", path + "/rotate", R"({"grace_seconds":60})"))["secret"];
    CHECK(house.get_as(secret, "/test").status == 200);
    house.clock.advance(60s);
    CHECK(house.get_as(secret, "/test").status == 401);  // replayed after its grace
    CHECK(house.get_as(next, "/test").status == 200);
    CHECK(house.ask_admin("POST", path + "/revoke").status == 200);
    for (const std::string& replayed : {secret, next}) {
      CHECK(house.get_as(replayed, "/test").status == 401);
      CHECK(house.get_as(replayed, "/v1/check").status == 401);
      CHECK(house.get("/test", {{"Authorization", "Bearer " + replayed}}).status == 401);
    }
    problem_of(house.ask_admin("POST", path + "/rotate"), 409);
    CHECK(house.get_as(next, "/test").status == 401);
  }

  TEST_CASE("attack: header tricks with admin tokens open nothing") {
    House house;
    const std::string token = rl::test::kAdminToken;
    const std::string rows[] = {
        "Authorization: Bearer " + token + "x\r\n",
        "Authorization: Bearer " + token + "\r\nAuthorization: Bearer other-token-of-mine\r\n",
        "Authorization: Bearer other-token-of-mine\r\nAuthorization: Bearer " + token + "\r\n",
        "Authorization: Bearer " + token + ", Bearer x\r\n",
        "Authorization: Bearer " + token + "\xc3\xa4\r\n",
        "Authorization: Bearer " + std::string(10'000, 'x') + "\r\n",
        "Authorization: Basic " + token + "\r\n",
        "Proxy-Authorization: Bearer " + token + "\r\n",
        "X-Forwarded-For: 127.0.0.1\r\n",
    };
    for (const std::string& lines : rows) {
      CAPTURE(lines.substr(0, 70));
      RawConnection connection(house.admin_address);
      const std::string reply =
          connection.ask("GET /users HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n");
      const std::string status = status_of(reply);
      CHECK((status == "HTTP/1.1 401" || status == "HTTP/1.1 400"));
      CHECK(reply.find(token) == std::string::npos);
    }
  }
}
