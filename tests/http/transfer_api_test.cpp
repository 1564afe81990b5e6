#include "rl/http/transfer_api.h"

#include <fmt/core.h>

#include "tests/http/house.h"

using nlohmann::json;
using rl::test::document_of;
using rl::test::header_of;
using rl::test::House;
using rl::test::problem_of;

namespace {

constexpr char kUser[] =
    R"({"type":"user","id":7,"name":"alice","tier":"pro","version":3,"created_us":1767225600000001})";
constexpr char kKey[] =
    R"({"type":"key","id":9,"user_id":7,"name":"","tier":null,"created_us":1767225600000002,)"
    R"("expires_us":null,"revoked_us":null})";

/// The line of a key that is known to the test.
std::string secret_line(const std::string& secret) {
  return json{{"type", "secret"},
              {"key_id", 9},
              {"digest", rl::sha256_hex(secret)},
              {"prefix", secret.substr(0, 8)},
              {"last_four", secret.substr(42)},
              {"created_us", 3}}
      .dump();
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("lines that were exported are imported by another server where the keys still work") {
    rl::SeededRandom random(5);
    const std::string secret = rl::make_api_key(random);
    House first;
    const std::string lines =
        fmt::format("{{\"type\":\"ids\",\"last_user_id\":8,\"last_key_id\":9}}\n{}\n{}\n{}\n",
                    kUser, kKey, secret_line(secret));
    const json done = document_of(first.post_admin("/admin/v1/import", lines));
    CHECK(done == json{{"schema_version", 1},
                       {"made", 3},
                       {"unchanged", 0},
                       {"unknown_tiers", json::array()}});
    CHECK(first.get_as(secret, "/test").status == 200);

    const auto ids = first.get_admin("/admin/v1/export?part=ids");
    CHECK(header_of(ids, "Content-Type") == "application/x-ndjson");
    const auto users = first.get_admin("/admin/v1/export?part=users");
    CHECK(users.body == std::string(kUser) + "\n");
    const auto keys = first.get_admin("/admin/v1/export?part=keys");
    CHECK(keys.body.starts_with(std::string(kKey) + "\n"));
    CHECK(keys.body.find(secret.substr(8, 20)) == std::string::npos);

    House second;
    const std::string all = ids.body + users.body + keys.body;
    CHECK(document_of(second.post_admin("/admin/v1/import", all))["made"] == 3);
    CHECK(second.get_as(secret, "/test").status == 200);
    CHECK(document_of(second.post_admin("/admin/v1/import", all))["unchanged"] == 3);
    CHECK(document_of(second.post_admin("/users", R"({"name":"bob"})"), 201)["id"] == 9);
    CHECK(first.get_admin("/admin/v1/export?part=users&after=7").body.empty());
  }

  TEST_CASE("a tier that the policy does not have is told and does not stop an import") {
    House house;
    std::string line = kUser;
    line.replace(line.find("pro"), 3, "old");
    const json done = document_of(house.post_admin("/admin/v1/import", line));
    CHECK(done["made"] == 1);
    CHECK(done["unknown_tiers"] == json{"old"});
  }

  TEST_CASE("an import names the line that is wrong and takes nothing") {
    House house;
    const auto without = [](std::string line, const std::string& part) {
      return line.replace(line.find(part), part.size(), "");
    };
    const auto with = [](std::string line, const std::string& part, const std::string& other) {
      return line.replace(line.find(part), part.size(), other);
    };
    const std::pair<std::string, std::string> rows[] = {
        {"", "this is not a JSON object"},
        {"[]", "this is not a JSON object"},
        {"{\"name\":\"\xff\"}", "this is not a JSON object"},
        {"{}", "\"type\" is \"ids\", \"user\", \"key\" or \"secret\""},
        {without(kUser, "\"version\":3,"), "\"version\" is missing"},
        {with(kUser, "\"id\":7", "\"id\":0"),
         "\"id\" is a whole number from 1 to 9007199254740991"},
        {with(kUser, "\"pro\"", "null"), "\"tier\" is missing"},
        {with(kUser, "\"pro\"", "\"a b\""), "\"tier\" is the name of a tier, or null"},
        {with(kUser, "\"type\"", "\"x\":1,\"type\""), "\"x\" is not known here"},
        {with(kUser, "\"id\":7", "\"id\":7,\"id\":7"), "\"id\" is given twice"},
        {with(kUser, "alice", "a\\nb"),
         "\"name\" has at least one character, no blank at its ends and no control characters"},
        {with(kKey, "\"user_id\":7", "\"user_id\":70"), "there is no user 70"},
        {with(secret_line(std::string(46, 'a')), "aaaaaaaa", "rlk_aaaa"), "there is no key k9"},
        {with(secret_line(std::string(46, 'a')), "\"digest\":\"", "\"digest\":\"A"),
         "\"digest\" is a string of at most 64 bytes"},
        {secret_line(std::string(46, 'a')),
         "\"prefix\" and \"last_four\" are 8 and 4 characters of an API key"},
        {std::string(5000, ' '), "a line has at most 4096 bytes"},
    };
    for (const auto& [line, told] : rows) {
      CAPTURE(line);
      const std::string body = fmt::format("{}\n{}\n{}\n", kUser, line, kKey);
      const auto reply = house.post_admin("/admin/v1/import?line=101", body);
      CHECK((reply.status == 400 || reply.status == 422 || reply.status == 409));
      CHECK(problem_of(reply, reply.status)["detail"] == "line 102: " + told);
    }
    std::string many;
    for (int i = 0; i < 1001; ++i) {
      many += std::string(kUser) + "\n";
    }
    const auto reply = house.post_admin("/admin/v1/import", many);
    CHECK((reply.status == 413 || reply.status == 422));
    CHECK(problem_of(house.get_admin("/admin/v1/export"), 400)["detail"] ==
          "?part= is given once: ids, users or keys");
    CHECK(problem_of(house.get_admin("/admin/v1/export?part=users&x=1"), 400)["detail"] ==
          "the query may have part, after and limit");
    CHECK(document_of(house.get_admin("/users"))["users"].empty());
  }
}
