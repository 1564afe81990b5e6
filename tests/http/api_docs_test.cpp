#include "rl/http/api_docs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/http/house.h"
#include "tests/http/json_schema.h"

using nlohmann::json;
using rl::client::HttpReply;
using rl::client::HttpRequest;
using rl::test::header_of;
using rl::test::House;
using rl::test::resolve;
using rl::test::schema_fault;

namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

/// The operations of the document, as "GET /users/{id}".
std::set<std::string> documented(const json& api) {
  std::set<std::string> names;
  for (const auto& [path, item] : api["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      names.insert(upper(method) + " " + path);
    }
  }
  return names;
}

/// Every route that the sources of rl/http add to a listener: `server.get("/livez", …` or
/// `server.plain("GET", "/test", …`; or that of a handler which takes all methods:
/// `kGatewayRoute[] = "/proxy…`. HEAD goes with GET.
std::set<std::string> routes_in_sources() {
  static const std::regex kRoute(
      R"re((?:server\.(get|post|put|patch|del)\(|server\.plain\("(\w+)",|serve\(server, )\s*"(/[^"]*)")re");
  static const std::regex kRouteOfAll(R"re(kGatewayRoute\[\] = "(/[^"]*)")re");
  std::set<std::string> names;
  const std::string folder = rl::test::source_dir() + "/lib/rl/http";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string text = rl::read_file(entry.path().string()).value_or("");
    const bool mounts = entry.path().extension() == ".cpp";  // in a header it is an example
    for (std::sregex_iterator it(text.begin(), text.end(), kRoute), end; mounts && it != end;
         ++it) {
      const std::string method = (*it)[1].str() + (*it)[2].str();  // of which one is empty
      names.insert((method == "del"  ? "DELETE"
                    : method.empty() ? "GET"
                                     : upper(method)) +
                   " " + (*it)[3].str());
    }
    for (std::sregex_iterator it(text.begin(), text.end(), kRouteOfAll), end; it != end; ++it) {
      for (const char* const method : {"GET ", "POST ", "PUT ", "PATCH ", "DELETE "}) {
        names.insert(method + (*it)[1].str());
      }
    }
  }
  return names;
}

/// A listener that serves the documentation alone.
struct Library {
  explicit Library(const std::string& listener) {
    rl::http::mount_api_docs(server, listener, "0.0.1");
    server.start();
  }
  HttpReply get(const std::string& target) { return House::send(to, {.target = target}); }
  json api() { return rl::test::document_of(get("/openapi.json")); }

  const rl::Log log{rl::LogLevel::kError};
  rl::http::Server server{{.name = "library", .threads = 1}, log};
  const rl::Address address = server.bind({"127.0.0.1", 0}).value();
  rl::client::HttpConnection to{address, std::chrono::seconds{20}};
};

/// A person who believes the document and compares every answer with it.
class Reader {
 public:
  explicit Reader(House& house) : house_(house), api_(Library("data").api()) {}

  const json& api() const { return api_; }

  /// The body of the answer, which has this status and is as documented for it.
  json data(HttpRequest request, const std::string& path, int status) {
    const HttpReply reply = house_.ask(request);
    return compare(request, path, reply, status);
  }
  json admin(const char* method, const std::string& target, const std::string& path, int status,
             const std::string& body = {}) {
    const HttpRequest request{.method = method, .target = target, .body = body};
    return compare(request, path, house_.ask_admin(request), status);
  }

 private:
  json compare(const HttpRequest& request, const std::string& path, const HttpReply& reply,
               int status) {
    CAPTURE(request.method);
    CAPTURE(request.target);
    CAPTURE(reply.body);
    CHECK(reply.status == status);
    std::string method = request.method;
    std::transform(method.begin(), method.end(), method.begin(),
                   [](char c) { return static_cast<char>(c | 32); });
    const json& operation = api_["paths"][path][method];
    REQUIRE(operation["responses"].contains(std::to_string(reply.status)));
    const json& response = resolve(api_, operation["responses"][std::to_string(reply.status)]);
    const json headers = response.value("headers", json::object());
    for (const auto& [name, header] : headers.items()) {
      CAPTURE(name);
      CHECK(reply.header(name).has_value());
    }
    const std::string type = header_of(reply, "Content-Type");
    REQUIRE(response["content"].contains(type));
    const json body = json::parse(reply.body, nullptr, false);
    const std::string fault = schema_fault(api_, response["content"][type]["schema"], body);
    CHECK_MESSAGE(fault.empty(), fault);
    return body;
  }

  House& house_;
  const json api_;
};

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("A7: the OpenAPI document has every route of both listeners and no other") {
    const json api = Library("data").api();
    CHECK(api["openapi"] == "3.1.0");
    CHECK(api["info"]["version"] == "0.0.1");
    CHECK(api["servers"][0]["x-listener"] == "data");
    CHECK(Library("admin").api()["servers"][0]["x-listener"] == "admin");
    // A route that is missing here wants a place in lib/rl/http/pages/openapi.json.
    CHECK(documented(api) == routes_in_sources());
  }

  TEST_CASE("A7: the OpenAPI document holds together") {
    const std::string text = Library("data").get("/openapi.json").body;
    const json api = json::parse(text);
    static const std::regex kReference(R"json("\$ref":"#(/[^"]+)")json");
    std::size_t references = 0;
    for (std::sregex_iterator it(text.begin(), text.end(), kReference), end; it != end; ++it) {
      CAPTURE((*it)[1].str());
      CHECK(api.contains(json::json_pointer((*it)[1].str())));
      ++references;
    }
    CHECK(references > 50);
    std::set<std::string> ids;
    std::set<std::string> tags;
    for (const json& tag : api["tags"]) {
      tags.insert(tag["name"].get<std::string>());
    }
    static const std::regex kParameter("\\{([a-z]+)\\}");
    for (const auto& [path, item] : api["paths"].items()) {
      for (const auto& [method, operation] : item.items()) {
        CAPTURE(path);
        CHECK(ids.insert(operation["operationId"].get<std::string>()).second);
        CHECK(tags.count(operation["tags"][0].get<std::string>()) == 1);
        std::smatch found;
        if (std::regex_search(path, found, kParameter)) {
          const json& parameter = resolve(api, operation["parameters"][0]);
          CHECK(parameter["name"] == found[1].str());
          CHECK(parameter["in"] == "path");
        }
      }
    }
  }

  TEST_CASE("A7: data endpoints answer as the OpenAPI document says") {
    House house(rl::test::policy_of(
        "version = 1\ndefault_tier = \"free\"\n[anonymous]\ntier = \"free\"\n[tiers.free]\n"
        "[[tiers.free.limits]]\nwindow = \"1m\"\nbase = 2\n"));
    Reader reader(house);
    const rl::client::HeaderList key = {{"X-API-Key", "rlk_demo_free"}};
    reader.data({.target = "/test", .headers = key}, "/test", 200);
    reader.data({.target = "/v1/check", .headers = key}, "/v1/check", 200);
    reader.data({.target = "/limit", .headers = key}, "/limit", 429);
    reader.data({.target = "/v1/check?deny_status=403", .headers = key}, "/v1/check", 403);
    reader.data({.target = "/v1/check?cost=x", .headers = key}, "/v1/check", 400);
    reader.data({.method = "POST", .target = "/v1/check"}, "/v1/check", 401);
    reader.data({.target = "/test"}, "/test", 401);
    reader.data({.target = "/ping?user_id=alice"}, "/ping", 200);
    reader.data({.target = "/ping"}, "/ping", 400);
    reader.data({.target = "/livez"}, "/livez", 200);
    reader.data({.target = "/readyz"}, "/readyz", 200);
    house.ready = false;
    reader.data({.target = "/readyz"}, "/readyz", 503);
  }

  TEST_CASE("A7: admin endpoints answer as the OpenAPI document says") {
    House house;
    Reader reader(house);
    const json user = reader.admin("POST", "/users", "/users", 201, R"({"name":"alice"})");
    const std::string id = std::to_string(user["id"].get<int>());
    reader.admin("POST", "/users", "/users", 409, R"({"name":"alice"})");
    reader.admin("POST", "/users", "/users", 422, R"({"name":7})");
    reader.admin("POST", "/users", "/users", 400, "no JSON");
    reader.admin("GET", "/users", "/users", 200);
    reader.admin("GET", "/users/" + id, "/users/{id}", 200);
    reader.admin("GET", "/users/99", "/users/{id}", 404);
    reader.admin("PATCH", "/users/" + id, "/users/{id}", 200, R"({"tier":"pro"})");
    const json key = reader.admin("POST", "/admin/v1/keys", "/admin/v1/keys", 201,
                                  "{\"user_id\":" + id + ",\"name\":\"ci\"}");
    const std::string name = "/admin/v1/keys/" + key["id"].get<std::string>();
    reader.admin("GET", "/admin/v1/keys", "/admin/v1/keys", 200);
    reader.admin("GET", name, "/admin/v1/keys/{id}", 200);
    reader.admin("GET", "/users/" + id + "/quota", "/users/{id}/quota", 200);
    reader.admin("POST", name + "/rotate", "/admin/v1/keys/{id}/rotate", 200);
    reader.admin("POST", name + "/revoke", "/admin/v1/keys/{id}/revoke", 200);
    reader.admin("POST", "/requests", "/requests", 200, "{\"user_id\":" + id + "}");
    reader.admin("POST", "/requests", "/requests", 429, "{\"user_id\":" + id + ",\"cost\":150}");
    reader.admin("POST", "/admin/v1/check", "/admin/v1/check", 200, "{\"user_id\":" + id + "}");
    reader.admin("POST", "/admin/v1/check", "/admin/v1/check", 404, R"({"user_id":99})");
    reader.admin("DELETE", "/users/" + id, "/users/{id}", 200);
    reader.admin("GET", "/admin/v1/audit", "/admin/v1/audit", 200);

    reader.admin("GET", "/system/health", "/system/health", 200);
    reader.admin("POST", "/system/health", "/system/health", 200,
                 R"({"state":"DEGRADED","ttl_seconds":60})");
    reader.admin("POST", "/system/health", "/system/health", 422, R"({"state":"SICK"})");
    reader.admin("GET", "/admin/v1/tiers", "/admin/v1/tiers", 200);
    reader.admin("PUT", "/admin/v1/tiers?dry_run=true", "/admin/v1/tiers", 200,
                 house.policies.snapshot()->text +
                     "\n[global]\n[[global.limits]]\n"
                     "window = \"1s\"\nbase = 5000\n");
    reader.admin("PUT", "/admin/v1/tiers", "/admin/v1/tiers", 422, "version = 2\n");
    reader.admin("POST", "/admin/v1/tiers/reload", "/admin/v1/tiers/reload", 200);
    reader.admin("POST", "/admin/v1/tiers/rollback", "/admin/v1/tiers/rollback", 404,
                 R"({"version":9})");
    reader.admin("GET", "/admin/v1/tiers/history", "/admin/v1/tiers/history", 200);
    reader.admin("GET", "/admin/v1/snapshot", "/admin/v1/snapshot", 200);
  }

  TEST_CASE("A7: /docs is one page that loads nothing from elsewhere") {
    for (const char* const listener : {"data", "admin"}) {
      Library library(listener);
      const auto get = [&](const std::string& target) { return library.get(target); };
      const HttpReply page = get("/docs");
      CHECK(page.status == 200);
      CHECK(header_of(page, "Content-Type") == "text/html; charset=utf-8");
      CHECK(header_of(page, "X-Content-Type-Options") == "nosniff");
      const std::string policy = header_of(page, "Content-Security-Policy");
      CHECK(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
      CHECK(policy.find("unsafe") == std::string::npos);
      static const std::regex kLink("(?:href|src)=\"([^\"]+)\"");
      std::set<std::string> links;
      for (std::sregex_iterator it(page.body.begin(), page.body.end(), kLink), end; it != end;
           ++it) {
        links.insert((*it)[1].str());
      }
      CHECK(links == std::set<std::string>{"data:,", "docs.css", "docs.js", "openapi.json"});
      for (const char* const file : {"/docs.css", "/docs.js", "/openapi.json"}) {
        CHECK(get(file).status == 200);
        CHECK(get(file).body.find("http://") == std::string::npos);
      }
      // Nothing of the document or of an answer becomes markup.
      CHECK(get("/docs.js").body.find("innerHTML") == std::string::npos);
      CHECK(page.body.find("<script>") == std::string::npos);
    }
  }

  TEST_CASE("a value that is not as its schema says is told with its place") {
    const json api = json::parse(R"({"s": {"type": "object", "required": ["a"], "properties": {
      "a": {"type": ["integer", "null"], "minimum": 1}, "b": {"type": "array", "items":
      {"$ref": "#/t"}}}}, "t": {"type": "string", "pattern": "^k", "enum": ["k1", "x"]}})");
    const auto fault = [&](const char* text) {
      return schema_fault(api, {{"$ref", "#/s"}}, json::parse(text));
    };
    CHECK(fault(R"({"a": 1, "b": ["k1"]})").empty());
    CHECK(fault(R"({"a": null, "c": 1})").empty());
    CHECK(fault("[]").starts_with("$: type"));
    CHECK(fault("{}") == "$ has no \"a\"");
    CHECK(fault(R"({"a": 0})").starts_with("$.a: minimum"));
    CHECK(fault(R"({"a": "1"})").starts_with("$.a: type"));
    CHECK(fault(R"({"a": 1, "b": ["k1", "x"]})").starts_with("$.b[1]: pattern"));
    CHECK(fault(R"({"a": 1, "b": ["k2"]})").starts_with("$.b[0]: enum"));
    CHECK(schema_fault(api, {{"maxItems", 1}}, json::array()).starts_with("$: maxItems"));
  }
}
