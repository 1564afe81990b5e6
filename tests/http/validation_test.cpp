// Every endpoint that takes a body, with every kind of body that it cannot take.
#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include "tests/http/house.h"
#include "tests/http/json_schema.h"

using nlohmann::json;
using rl::client::HttpReply;
using rl::test::document_of;
using rl::test::header_of;
using rl::test::House;
using rl::test::problem_of;

namespace {

/// An endpoint that takes a JSON object, and one that it would take.
struct BodyEndpoint {
  const char* method;
  const char* path;  ///< as the OpenAPI document has it
  const char* target;
  const char* body;
};

constexpr BodyEndpoint kBodyEndpoints[] = {
    {"POST", "/users", "/users", R"({"name":"bob"})"},
    {"PATCH", "/users/{id}", "/users/1", R"({"tier":"pro"})"},
    {"POST", "/requests", "/requests", R"({"user_id":1})"},
    {"POST", "/admin/v1/keys", "/admin/v1/keys", R"({"user_id":1})"},
    {"POST", "/admin/v1/keys/{id}/rotate", "/admin/v1/keys/k1/rotate", "{}"},
    {"POST", "/admin/v1/check", "/admin/v1/check", R"({"user_id":1,"consume":true})"},
    {"POST", "/system/health", "/system/health", R"({"state":"DEGRADED"})"},
    {"POST", "/admin/v1/tiers/rollback", "/admin/v1/tiers/rollback", R"({"version":1})"},
};

/// A house with alice, who has a key; nothing that is wrong may change it.
struct ValidatingHouse : House {
  ValidatingHouse() {
    document_of(post_admin("/users", R"({"name":"alice"})"), 201);
    document_of(post_admin("/admin/v1/keys", R"({"user_id":1})"), 201);
  }

  std::size_t changes() { return document_of(get_admin("/admin/v1/audit"))["entries"].size(); }
  json api() const {
    return json::parse(
        rl::read_file(rl::test::source_dir() + "/lib/rl/http/pages/openapi.json").value());
  }

  /// The detail of the problem that the body is.
  std::string fault(const BodyEndpoint& endpoint, const std::string& body, int status) {
    CAPTURE(endpoint.method);
    CAPTURE(endpoint.path);
    CAPTURE(body);
    const HttpReply reply = ask_admin(endpoint.method, endpoint.target, body);
    return problem_of(reply, status)["detail"];
  }
};

std::string lower_of(std::string text) {
  for (char& c : text) {
    c = static_cast<char>(c | 0x20);
  }
  return text;
}

/// Values that a member of that schema cannot have.
std::vector<json> wrong_values(const json& schema) {
  std::vector<json> values = {json::array(), json::object(), 1.5, -1, UINT64_MAX};
  const std::string type = schema["type"];
  values.emplace_back(type == "boolean" ? json("true") : json(true));
  values.emplace_back(type == "string" ? json(std::string(20'000, 'x')) : json("1"));
  if (schema.contains("minimum") && schema["minimum"] > 0) {
    values.emplace_back(0);
  }
  if (schema.contains("maximum")) {
    values.emplace_back(schema["maximum"].get<std::int64_t>() + 1);
  }
  return values;
}

/// The same object in UTF-16, in either order of bytes, with or without a mark.
std::string utf16(const std::string& ascii, bool big_endian, bool marked) {
  std::string text;
  if (marked) {
    text += big_endian ? "\xfe\xff" : "\xff\xfe";
  }
  for (const char c : ascii) {
    text += big_endian ? std::string{'\0', c} : std::string{c, '\0'};
  }
  return text;
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("A5: the table of endpoints that take a JSON object has all of them") {
    std::set<std::string> expected;
    for (const BodyEndpoint& endpoint : kBodyEndpoints) {
      expected.insert(lower_of(endpoint.method) + " " + endpoint.path);
    }
    std::set<std::string> documented;
    const json api = ValidatingHouse().api();
    for (const auto& [path, item] : api["paths"].items()) {
      for (const auto& [method, operation] : item.items()) {
        if (operation["x-listener"] == "admin" && operation.contains("requestBody") &&
            operation["requestBody"]["content"].contains("application/json")) {
          documented.insert(method + " " + path);
        }
      }
    }
    CHECK(documented == expected);
  }

  TEST_CASE("A5: a body that is no JSON object is told why, at every endpoint") {
    ValidatingHouse house;
    const std::size_t before = house.changes();
    for (const BodyEndpoint& endpoint : kBodyEndpoints) {
      const std::string body = endpoint.body;
      if (endpoint.path != std::string("/admin/v1/keys/{id}/rotate")) {  // where it may be left out
        CHECK(house.fault(endpoint, "", 400) == "the body is missing: send a JSON object");
      }
      for (const std::string& other :
           {std::string("{"), body + "x", std::string("[") + body + "]", std::string("null"),
            std::string("7"), std::string("state=DEGRADED"), "{'a':1}" + std::string(1, '\0'),
            std::string("{\"\\ud800\":1}")}) {
        CHECK(house.fault(endpoint, other, 400) == "the body is not a JSON object");
      }
      CHECK(house.fault(endpoint, "{\"name\":\"\xc3\x28\"}", 400) == "the body is not UTF-8");
      CHECK(house.fault(endpoint, "\x1f\x8b\x08\x01", 400) == "the body is not UTF-8");
      for (const bool big_endian : {true, false}) {
        for (const bool marked : {true, false}) {
          CHECK(house.fault(endpoint, utf16(body, big_endian, marked), 400) ==
                "the body is not UTF-8 but UTF-16");
        }
      }
      house.fault(endpoint, "{\"name\":\"" + std::string(70'000, 'x') + "\"}", 413);
      house.to_admin = {house.admin_address, std::chrono::seconds{3}};  // the old one has ended
    }
    CHECK(house.changes() == before);
  }

  TEST_CASE("A5: a compressed body is refused and not unpacked, at every endpoint") {
    ValidatingHouse house;
    const std::size_t before = house.changes();
    for (const BodyEndpoint& endpoint : kBodyEndpoints) {
      CAPTURE(endpoint.path);
      for (const char* const coding : {"gzip", "deflate", "br", "GZIP", "identity, gzip"}) {
        CAPTURE(coding);
        const HttpReply reply = house.ask_admin({.method = endpoint.method,
                                                 .target = endpoint.target,
                                                 .headers = {{"Content-Encoding", coding}},
                                                 .body = endpoint.body});
        CHECK(problem_of(reply, 415)["detail"] ==
              "the body has a Content-Encoding: send it as it is");
        CHECK(header_of(reply, "Accept-Encoding") == "identity");
      }
    }
    CHECK(house.changes() == before);
    const HttpReply plain = house.ask_admin({.method = "POST",
                                             .target = "/users",
                                             .headers = {{"Content-Encoding", "identity"}},
                                             .body = R"({"name":"bob"})"});
    CHECK(plain.status == 201);
  }

  TEST_CASE("A5: a member with a wrong value is named, at every endpoint") {
    ValidatingHouse house;
    const std::size_t before = house.changes();
    const json api = house.api();
    std::size_t members = 0;
    for (const BodyEndpoint& endpoint : kBodyEndpoints) {
      const json operation = api["paths"][endpoint.path][lower_of(endpoint.method)];
      const json schema = operation["requestBody"]["content"]["application/json"]["schema"];
      for (const auto& [name, member] : schema["properties"].items()) {
        ++members;
        for (const json& value : wrong_values(member)) {
          json body = json::parse(endpoint.body);
          body[name] = value;
          const std::string detail = house.fault(endpoint, body.dump(), 422);
          CHECK(detail.find("\"" + name + "\"") != std::string::npos);
        }
        const std::string twice =
            "{\"" + name + "\":null,\"" + name + "\":null," + std::string(endpoint.body).substr(1);
        const std::string text =
            std::string(endpoint.body) == "{}" ? twice.substr(0, twice.size() - 2) + "}" : twice;
        CHECK(house.fault(endpoint, text, 422) == "\"" + name + "\" is given twice");
      }
      json body = json::parse(endpoint.body);
      body["colour"] = "red";
      CHECK(house.fault(endpoint, body.dump(), 422).starts_with("\"colour\" is not known here"));
      for (const json& required : schema.value("required", json::array())) {
        body = json::parse(endpoint.body);
        body.erase(required.get<std::string>());
        CHECK(house.fault(endpoint, body.dump(), 422).starts_with(required.dump()));
      }
    }
    CHECK(members > 15);
    CHECK(house.changes() == before);
  }

  TEST_CASE("A5: an id that names nothing is told, whatever it looks like") {
    ValidatingHouse house;
    const std::size_t before = house.changes();
    struct Row {
      const char* method;
      const char* before;
      const char* after;
      const char* body;
    };
    const Row rows[] = {{"GET", "/users/", "", ""},
                        {"GET", "/users/", "/quota", ""},
                        {"PATCH", "/users/", "", R"({"tier":"pro"})"},
                        {"DELETE", "/users/", "", ""},
                        {"GET", "/admin/v1/keys/k", "", ""},
                        {"POST", "/admin/v1/keys/k", "/rotate", ""},
                        {"POST", "/admin/v1/keys/k", "/revoke", ""}};
    for (const Row& row : rows) {
      for (const char* const id : {"9", "0", "-1", "+1", "01", "1.0", "1e0", "0x1", "1%00",
                                   "%31%20", "9223372036854775807", "9223372036854775808",
                                   "18446744073709551616", "99999999999999999999999999999999"}) {
        const std::string target = std::string(row.before) + id + row.after;
        CAPTURE(row.method);
        CAPTURE(target);
        const HttpReply reply = house.ask_admin(row.method, target, row.body);
        // A path with a NUL is refused by the framing.
        if (reply.status == 400) {
          CHECK(std::string(id) == "1%00");
          house.to_admin = {house.admin_address, std::chrono::seconds{3}};
          continue;
        }
        CHECK_FALSE(problem_of(reply, 404)["detail"].get<std::string>().empty());
      }
    }
    for (const char* const id : {"9", "9223372036854775807"}) {
      for (const char* const path : {"/requests", "/admin/v1/check", "/admin/v1/keys"}) {
        const std::string body = std::string("{\"user_id\":") + id + "}";
        CHECK(problem_of(house.post_admin(path, body), 404)["detail"] ==
              std::string("there is no user ") + id);
      }
    }
    CHECK(house.changes() == before);
  }

  TEST_CASE("A5: of changes at the same time one is made and the others are told") {
    ValidatingHouse house;
    const auto at_once = [&](const rl::client::HttpRequest& request) {
      std::map<int, int> statuses;
      std::mutex mutex;
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
          rl::client::HttpConnection connection(house.admin_address, std::chrono::seconds{10});
          rl::client::HttpRequest own = request;
          own.headers.emplace_back("Authorization", std::string("Bearer ") + rl::test::kAdminToken);
          const auto reply = connection.send(own);
          const std::lock_guard lock(mutex);
          ++statuses[reply ? reply->status : 0];
        });
      }
      threads.clear();
      return statuses;
    };
    using Statuses = std::map<int, int>;
    CHECK(at_once({.method = "POST", .target = "/users", .body = R"({"name":"carol"})"}) ==
          Statuses{{201, 1}, {409, 3}});
    CHECK(at_once(
              {.method = "PATCH", .target = "/users/1", .body = R"({"tier":"pro","version":1})"}) ==
          Statuses{{200, 1}, {409, 3}});
    CHECK(at_once({.method = "POST",
                   .target = "/admin/v1/keys",
                   .body = R"({"user_id":1,"name":"ci"})"}) == Statuses{{201, 1}, {409, 3}});
    CHECK(at_once({.method = "DELETE", .target = "/users/2"}) == Statuses{{200, 1}, {404, 3}});
    const json problem =
        problem_of(house.ask_admin("PATCH", "/users/1", R"({"tier":"free","version":1})"), 409);
    CHECK(problem["detail"] == "user 1 was changed meanwhile: it has version 2, not 1");
    CHECK(problem["hint"] == "read the user again and repeat what is still wanted");
  }
}
