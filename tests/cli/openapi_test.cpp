#include <doctest/doctest.h>

#include <regex>
#include <string>

#include "tests/cli/programs.h"

using rl::test::RlServer;

TEST_SUITE("cli") {
  TEST_CASE("A7: the real server has every documented endpoint on its listener and no other") {
    const RlServer server({.flags = {"--upstream", "http://127.0.0.1:1"}});
    const auto api = rl::test::parse_json(server.get("/openapi.json").body);
    REQUIRE(api.is_object());
    static const std::regex kParameter("\\{[a-z]+\\}");
    std::size_t operations = 0;
    for (const auto& [path, item] : api["paths"].items()) {
      for (const auto& [name, operation] : item.items()) {
        ++operations;
        std::string method = name;
        for (char& c : method) {
          c = static_cast<char>(c & ~0x20);
        }
        CAPTURE(method);
        CAPTURE(path);
        const std::string target = std::regex_replace(path, kParameter, "1");
        for (const std::string listener : {"data", "admin"}) {
          CAPTURE(listener);
          // Without a key and a token nothing is changed: 401 tells that something is there.
          const int status = rl::test::ask(listener == "data" ? server.data() : server.admin(),
                                           {.method = method, .target = target})
                                 .status;
          const bool expected =
              operation["x-listener"] == listener || operation["x-listener"] == "both";
          CHECK((status != 404 && status != 405) == expected);
        }
      }
    }
    CHECK(operations > 30);
    CHECK(server.get("/docs").status == 200);
  }

  TEST_CASE("A7: a JavaScript engine runs the page's script") {
    const std::string pages = rl::test::source_dir() + "/lib/rl/http/pages";
    const std::string program =
        "try { process.chdir('" + pages +
        "') } catch (e) { process.exit(9) }\n"
        "const page = require('" +
        pages + "/docs.js'), api = require('" + pages +
        "/openapi.json');\n"
        "console.log(page.targetOf('/users/{id}', [{ parameter: { in: 'path', name: 'id' },"
        " input: { value: 'a/b' } }, { parameter: { in: 'query', name: 'q' }, input:"
        " { value: 'x y' } }]));\n"
        "console.log(page.targetOf('/proxy/{path}', [{ parameter: { in: 'path', name: 'path',"
        " allowReserved: true }, input: { value: 'a/b?q=$1' } }]));\n"
        "console.log(page.operationsOf(api).length > 30);\n"
        "console.log(page.outline(api, { $ref: '#/components/schemas/User' }).includes('\"tier\": "
        "string'));\n";
    const auto finished =
        rl::test::run({.argv = {"/bin/sh", "-c", "exec node -"}, .input = program});
    CHECK_MESSAGE(finished.out == "/users/a%2Fb?q=x+y\n/proxy/a/b?q=$1\ntrue\ntrue\n",
                  finished.err);
  }
}
