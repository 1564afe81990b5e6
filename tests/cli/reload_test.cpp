#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <string>

#include "tests/cli/programs.h"
#include "tests/cli/transcript.h"

using rl::test::contains;
using rl::test::eventually;
using rl::test::header;
using rl::test::parse_json;
using rl::test::RlServer;

namespace {

/// A server whose tiers file is ours to change.
struct Desk {
  static std::string sample() { return rl::read_file(rl::test::kSampleTiers).value(); }

  /// The sample with another number where free has burst = 20.
  static std::string with_burst(int burst) {
    std::string text = sample();
    const std::string line = "burst    = 20";
    const std::size_t at = text.find(line);
    REQUIRE(at != std::string::npos);
    return text.replace(at, line.size(), "burst    = " + std::to_string(burst));
  }

  std::string write(const std::string& text, const std::string& name = "tiers.toml") const {
    return rl::test::put(directory, name, text);
  }
  std::string limit() const {
    return header(server.get("/test", "rlk_demo_free"), "X-RateLimit-Limit");
  }
  /// The changes of the tiers in the audit log.
  nlohmann::json audit() const {
    auto changes = nlohmann::json::array();
    const auto log = parse_json(server.ask_admin({.target = "/admin/v1/audit"}).body);
    for (const auto& entry : log["entries"]) {
      if (entry["action"] == "tiers.change") {
        changes.push_back(entry);
      }
    }
    return changes;
  }
  std::string on_disk() const { return rl::read_file(tiers).value(); }

  const rl::test::TemporaryDirectory directory;
  const std::string tiers = write(sample());
  RlServer server{{.tiers = tiers}};
};

constexpr char kBroken[] = "version = 1\ndefault_tier = \"free\"\n[tiers.free]\n";

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("a server loads its tiers file at SIGHUP") {
    Desk desk;
    CHECK(desk.limit() == "20");
    desk.write(Desk::with_burst(30));
    desk.server.signal(SIGHUP);
    CHECK(eventually([&] { return desk.limit() == "30"; }));
    const auto history = parse_json(desk.server.rlctl({"tiers", "history", "-o", "json"}).out);
    const std::string cause = history["revisions"][1]["cause"];
    CHECK((cause == "SIGHUP" || cause == "file changed"));
    CHECK(eventually([&] { return desk.audit().size() == 1; }));
    const auto entry = desk.audit()[0];
    CHECK(entry["actor"] == (cause == "SIGHUP" ? "SIGHUP" : "file watch"));
    desk.server.signal(SIGHUP);  // again and again does no harm
    desk.server.signal(SIGTERM);
    CHECK(desk.server.wait() == 0);
  }

  TEST_CASE("a server loads its tiers file by itself when it is changed") {
    Desk desk;
    desk.write(Desk::with_burst(40));
    CHECK(eventually([&] { return desk.limit() == "40"; }));
    CHECK(contains(desk.server.log(), "policy in force version=2 cause=\"file changed\""));
    CHECK(eventually([&] { return desk.audit().size() == 1; }));
    const auto entry = desk.audit()[0];
    CHECK(entry["actor"] == "file watch");
    CHECK(entry["origin"].get<std::string>().starts_with("instance "));
    CHECK(entry["action"] == "tiers.change");
    CHECK(entry["before"] == "policy v1");
    CHECK(entry["after"] == "policy v2");
  }

  TEST_CASE("a broken tiers file keeps the policy and is told by everyone who is asked") {
    Desk desk;
    desk.write(kBroken);
    const std::string fault = desk.tiers + ":3:1: error: tier \"free\" has no limits";
    CHECK(eventually([&] { return contains(desk.server.log(), "policy fault"); }));
    CHECK(contains(desk.server.log(), "policy refused: the one in force stays version=1"));
    CHECK(desk.limit() == "20");
    for (const std::string command : {"list", "show"}) {
      const auto shown = desk.server.rlctl({"tiers", command});
      CHECK(shown.status == 0);
      CHECK(contains(shown.err, fault));
      CHECK(contains(shown.err, "rlctl: the tiers file is not in force since "));
    }
    CHECK(contains(desk.server.rlctl({"status"}).out, "tiers file\tnot in force: 1 fault"));
    const auto reload = desk.server.rlctl({"tiers", "reload"});
    CHECK(reload.status == 7);
    CHECK(contains(reload.err, fault));
    CHECK(contains(reload.err, "rlctl: the policy has 1 fault, the one in force stays\n"));

    desk.write(Desk::sample());
    CHECK(eventually([&] { return desk.server.rlctl({"tiers", "show"}).err.empty(); }));
    CHECK(desk.server.rlctl({"tiers", "reload"}).out ==
          "policy v1 stays in force: nothing to change\n");
  }

  TEST_CASE("a policy is compared and tried and applied and taken back") {
    Desk desk;
    const std::string fresh = desk.write(Desk::with_burst(30), "fresh.toml");
    const std::string changes =
        "CHANGE\tWHAT\tBEFORE\tAFTER\nchanged\ttiers.free.limits.1m.burst\t20\t30\n";
    CHECK(desk.limit() == "20");

    const auto diff = desk.server.rlctl({"tiers", "diff", fresh});
    CHECK(diff.status == 10);
    CHECK(diff.out == "policy v1 in force, 1 change if this is applied\n" + changes);
    CHECK(desk.server.rlctl({"tiers", "diff", desk.tiers}).status == 0);

    const auto tried = desk.server.rlctl({"tiers", "apply", fresh, "--dry-run"});
    CHECK(tried.status == 0);
    CHECK(tried.out == diff.out);
    CHECK(desk.limit() == "20");
    CHECK(desk.on_disk() == Desk::sample());

    const auto applied = desk.server.rlctl({"tiers", "apply", fresh});
    CHECK(applied.status == 0);
    CHECK(applied.out == "policy v1 -> v2, 1 change\n" + changes);
    CHECK(desk.on_disk() == Desk::with_burst(30));
    const auto reply = desk.server.get("/test", "rlk_demo_free");
    CHECK(header(reply, "X-RateLimit-Limit") == "30");
    CHECK(header(reply, "X-RateLimit-Remaining") == "27");  // the two before are not forgotten

    const auto back = desk.server.rlctl({"tiers", "rollback", "1", "-o", "json"});
    CHECK(back.status == 0);
    CHECK(parse_json(back.out)["policy_version"] == 3);
    CHECK(desk.limit() == "20");
    CHECK(desk.on_disk() == Desk::sample());
    CHECK(
        rl::test::matches("VERSION\tSINCE\tTIERS\tCHANGES\tCAUSE\n"
                          "v3\t…\t3\t1\trollback to v1 by admin@127.0.0.1\n"
                          "v2\t…\t3\t1\tapply by admin@127.0.0.1\n"
                          "v1\t…\t3\t0\tstart\n",
                          desk.server.rlctl({"tiers", "history"}).out));
  }

  TEST_CASE("what cannot be applied is told and changes nothing") {
    Desk desk;
    const std::string broken = desk.write(kBroken, "broken.toml");
    const auto faulty = desk.server.rlctl({"tiers", "apply", broken});
    CHECK(faulty.status == 7);
    CHECK(faulty.out.empty());
    CHECK(contains(faulty.err, broken + ":3:1: error: tier \"free\" has no limits\n"));
    const auto piped = desk.server.rlctl({"tiers", "diff", "-"}, kBroken);
    CHECK(piped.status == 7);
    CHECK(contains(piped.err, "stdin:3:1: error: "));
    const auto missing = desk.server.rlctl({"tiers", "apply", "/nonexistent"});
    CHECK(missing.status == 7);
    CHECK(missing.err == "rlctl: cannot read /nonexistent: No such file or directory\n");
    const auto unknown = desk.server.rlctl({"tiers", "rollback", "9"});
    CHECK(unknown.status == 5);
    CHECK(unknown.err == "rlctl: policy v9 is not kept\n  kept are v1 to v1\n");
    CHECK(desk.server.rlctl({"tiers", "rollback", "0"}).status == 2);
    CHECK(desk.limit() == "20");
    CHECK(desk.on_disk() == Desk::sample());
  }

  TEST_CASE("an apply does not lose what somebody else wrote unless it is forced") {
    Desk desk;
    const std::string fresh = desk.write(Desk::with_burst(30), "fresh.toml");
    desk.write(kBroken);
    const auto refused = desk.server.rlctl({"tiers", "apply", fresh});
    CHECK(refused.status == 6);
    CHECK(contains(refused.err, desk.tiers + " was changed and is not in force\n"));
    CHECK(desk.on_disk() == kBroken);
    CHECK(desk.server.rlctl({"tiers", "apply", fresh, "--force"}).status == 0);
    CHECK(desk.limit() == "30");
  }
}
