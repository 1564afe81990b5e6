#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/cli/programs.h"
#include "tests/cli/transcript.h"

using rl::test::Finished;
using rl::test::matches;
using rl::test::RlServer;

namespace {

/// What rlctl prints into a pipe; `…` stands for what varies.
void check_table(const Finished& finished, const std::string& expected) {
  CHECK(finished.status == 0);
  CHECK(finished.err.empty());
  CHECK_MESSAGE(matches(expected, finished.out), finished.out);
}

/// What rlctl prints with -o json, which must have these members besides its schema version.
nlohmann::json check_json(const RlServer& server, std::vector<std::string> command,
                          const std::vector<std::string>& members) {
  CAPTURE(command.front());
  command.insert(command.end(), {"-o", "json"});
  const Finished finished = server.rlctl(command);
  CHECK(finished.status == 0);
  const auto document = rl::test::parse_json(finished.out);
  REQUIRE(document.is_object());
  CHECK(document["schema_version"] == 1);
  CHECK(document.size() == members.size() + 1);
  for (const std::string& member : members) {
    CAPTURE(member);
    CHECK(document.contains(member));
  }
  return document;
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("status shows one screen of tab-separated lines") {
    const RlServer server;
    REQUIRE(server.get("/test", "rlk_demo_free").status == 200);
    REQUIRE(server.get("/test").status == 401);
    check_table(server.rlctl({"status"}),
                "health\tNORMAL\nversion\t1\nsource\tdefault\nsince\t…Z\nexpires\tnever\n"
                "policy\tversion 1, …/tiers.toml, 3 tiers\n"
                "store\tmemory, 1 of at most … buckets, 0.… of 1024 MiB\n"
                "instance\t…, rlserver …, up …s, dev mode\n"
                "data\t" +
                    server.data().to_string() + "\nadmin\t" + server.admin().to_string() +
                    "\nrequests\t…/s, …/s denied (429), over the last 10s\n"
                    "\n"
                    "DECISIONS\tALLOWED\tDENIED\nfree\t1\t0\nall\t1\t0\nunauthenticated\t\t1\n");
  }

  TEST_CASE("health get and set show the record") {
    const RlServer server;
    check_table(server.rlctl({"health", "get"}),
                "health\tNORMAL\nversion\t1\nsource\tdefault\nsince\t…Z\nexpires\tnever\n"
                "\n"
                "INSTANCE\tSTATE\tVERSION\n…\tNORMAL\t1\n");
    check_table(
        server.rlctl({"health", "set", "degraded", "--for", "15m", "--reason", "GPU pool at 98 %"}),
        "NORMAL -> DEGRADED\tversion 2\texpires …Z\n");
    check_table(server.rlctl({"health", "get"}),
                "health\tDEGRADED\nversion\t2\nsource\tmanual\n"
                "reason\tset by admin@127.0.0.1: GPU pool at 98 %\nsince\t…Z\nexpires\t…Z\n"
                "\n"
                "INSTANCE\tSTATE\tVERSION\n…\tDEGRADED\t2\n");
    check_table(server.rlctl({"health", "set", "NORMAL"}),
                "DEGRADED -> NORMAL\tversion 4\tnever expires\n");
  }

  TEST_CASE("tiers list and show print a line per tier and per limit") {
    const RlServer server;
    const std::string list = "TIER\tSHED ORDER\tNOW\tNORMAL\tDEGRADED\tDESCRIPTION\n";
    check_table(server.rlctl({"tiers", "list"}),
                list +
                    "free\t1\t20/1m\t20/1m\t2/1m\ttrial users\n"
                    "pro\t2\t150/1m\t150/1m\t100/1m\tpaying teams\n"
                    "enterprise\t3\t1500/1m\t1500/1m\t1000/1m\tservice-level agreement\n");
    const std::string show =
        "OF\tRULE\tNOW\tBASE\tBURST\tDEGRADED\tWINDOW\tSCOPE\tALGORITHM\tENFORCED\n";
    const std::string pro = "pro\t1m\t150\t100\t150\t100\t1m\tkey\tsliding_window\tyes\n";
    check_table(server.rlctl({"tiers", "show"}),
                show + "free\t1m\t20\t10\t20\t2\t1m\tkey\tsliding_window\tyes\n" + pro +
                    "enterprise\t1m\t1500\t1000\t1500\t1000\t1m\tkey\tsliding_window\tyes\n");
    check_table(server.rlctl({"tiers", "show", "pro"}), show + pro);
    REQUIRE(server.rlctl({"health", "set", "degraded"}).status == 0);
    check_table(server.rlctl({"tiers", "show", "pro"}),
                show + "pro\t1m\t100\t100\t150\t100\t1m\tkey\tsliding_window\tyes\n");
  }

  TEST_CASE("json is one document with a schema version for every command") {
    const RlServer server;
    const std::vector<std::string> health = {"state", "version", "source",     "reason",
                                             "by",    "since",   "expires_at", "instances"};
    check_json(server, {"status"},
               {"version", "instance", "uptime_seconds", "dev", "listeners", "health", "policy",
                "store", "decisions", "rates", "fleet"});
    CHECK(check_json(server, {"health", "get"}, health)["state"] == "NORMAL");
    std::vector<std::string> change = health;
    change.emplace_back("old_state");
    const auto changed = check_json(server, {"health", "set", "degraded", "--for", "1h"}, change);
    CHECK(changed["old_state"] == "NORMAL");
    CHECK(changed["state"] == "DEGRADED");
    check_json(server, {"health", "watch", "--until", "degraded"}, health);
    const std::vector<std::string> policy = {"policy_version", "source",  "default_tier",
                                             "anonymous_tier", "tiers",   "global",
                                             "routes",         "rejected"};
    CHECK(check_json(server, {"tiers", "list"}, policy)["tiers"].size() == 3);
    check_json(server, {"tiers", "show"}, policy);
    CHECK(check_json(server, {"tiers", "show", "free"},
                     {"policy_version", "tier"})["tier"]["limits"][0]["effective"] == 2);
    check_json(server, {"tiers", "validate", rl::test::kSampleTiers},
               {"file", "valid", "diagnostics"});
    CHECK(check_json(server, {"check", "rlk_demo_pro"},
                     {"allowed", "tier", "user_id", "key_id", "cost", "state", "health_version",
                      "policy_version", "store", "consumed", "binding", "retry_after_seconds",
                      "limits"})["limits"][0]["limit"] == 100);
    check_json(server, {"version"}, {"version"});
  }

  TEST_CASE("check tells whether a request would pass and takes nothing") {
    const RlServer server;
    for (int i = 0; i < 3; ++i) {
      check_table(server.rlctl({"check", "rlk_demo_free"}),
                  "allowed: user 1, tier free, cost 1, NORMAL, nothing taken\n"
                  "RULE\tLIMIT\tREMAINING\tRESET\tNOTE\n1m\t20\t20\t0s\tbinding\n");
    }
    CHECK(rl::test::header(server.get("/test", "rlk_demo_free"), "X-RateLimit-Remaining") == "19");
    check_table(server.rlctl({"check", "rlk_demo_free", "--cost", "9", "--consume"}),
                "allowed: user 1, tier free, cost 9, NORMAL, units taken\n…\n1m\t20\t10\t…\n");
    CHECK(rl::test::header(server.get("/test", "rlk_demo_free"), "X-RateLimit-Remaining") == "9");
    for (const std::string line : {" rlk_demo_free \n", "rlk_demo_free\r\n", "\trlk_demo_free"}) {
      check_table(server.rlctl({"check", "-"}, line),
                  "allowed: user 1, tier free, cost 1, NORMAL, nothing taken\n…\n");
    }
    check_table(server.rlctl({"check", "--user", "3", "--route", "POST /v1/transcribe"}),
                "allowed: user 3, tier enterprise, cost 1, NORMAL, nothing taken\n…\n");
  }

  TEST_CASE("check asks for the route that it is given") {
    const rl::test::TemporaryDirectory directory;
    const std::string tiers = put(directory, "tiers.toml",
                                  rl::read_file(rl::test::kSampleTiers).value_or("") +
                                      "\n[[routes]]\nmatch = \"POST /v1/transcribe\"\ncost = 7\n");
    const RlServer server({.tiers = tiers});
    check_table(server.rlctl({"check", "--user", "1", "--route", "POST /v1/transcribe"}),
                "allowed: user 1, tier free, cost 7, NORMAL, nothing taken\n…\n");
    check_table(server.rlctl({"check", "--user", "1"}),
                "allowed: user 1, tier free, cost 1, NORMAL, nothing taken\n…\n");
  }
}
