#include "rl/client/report.h"

#include <doctest/doctest.h>

#include "rl/client/record_json.h"
#include "tests/client/samples.h"

namespace {

using namespace rl::client;
using rl::Display;
using rl::HealthState;

constexpr Display kTerminal{.terminal = true};
constexpr Display kPipe{};

TEST_SUITE("client") {
  TEST_CASE("the status is one screen") {
    const auto snapshot = decode<Snapshot>(rl::test::kSnapshot).value();
    CHECK(status_report(snapshot, kTerminal) ==
          "health    NORMAL\n"
          "version   1\n"
          "source    default\n"
          "since     2026-01-01T00:00:00Z\n"
          "expires   never\n"
          "policy    version 17, tiers.toml, 2 tiers\n"
          "store     memory, 3 of at most 1000000 buckets, 1.5 of 1024 MiB\n"
          "instance  a1, rlserver 0.1.0, up 1h 1m, dev mode\n"
          "data      127.0.0.1:8080\n"
          "admin     127.0.0.1:8081\n"
          "requests  1.5/s, 0.2/s denied (429), over the last 10s\n"
          "\n"
          "DECISIONS        ALLOWED  DENIED\n"
          "free                   9       2\n"
          "staff                  1       0\n"
          "all                   10       2\n"
          "unauthenticated                4\n");
  }

  TEST_CASE("the status tells an age by its two largest units and evictions when there are") {
    auto snapshot = decode<Snapshot>(rl::test::kSnapshot).value();
    snapshot.store.evicted_live = 4;
    const std::pair<int, const char*> ages[] = {
        {0, "up 0s,"},         {59, "up 59s,"},         {60, "up 1m 0s,"},
        {3599, "up 59m 59s,"}, {86'399, "up 23h 59m,"}, {90'000, "up 1d 1h,"},
    };
    for (const auto& [seconds, text] : ages) {
      snapshot.uptime_seconds = std::chrono::seconds{seconds};
      CHECK(status_report(snapshot, kPipe).find(text) != std::string::npos);
    }
    CHECK(status_report(snapshot, kPipe).find("MiB, 4 evicted while in use\n") !=
          std::string::npos);
  }

  TEST_CASE("the status of an instance among others lists them") {
    auto snapshot = decode<Snapshot>(rl::test::kSnapshot).value();
    snapshot.fleet.shared = true;
    snapshot.fleet.subscribed = true;
    snapshot.fleet.instances.push_back(
        {.id = "b2",
         .version = "0.1.0",
         .data = "10.0.0.2:80",
         .admin = "10.0.0.2:81",
         .policy_version = 18,
         .health_version = 3,
         .state = HealthState::kDegraded,
         .store = InstanceStore{.kind = "fallback", .call_p99_us = 5'060, .fallback = 7}});
    snapshot.store.shared = SharedStoreRecord{.reachable = true,
                                              .breaker = "half-open",
                                              .call_p50_us = 240,
                                              .call_p99_us = 5'060,
                                              .queued = 3,
                                              .clock_ahead_us = -1'500,
                                              .fallback = 41};
    const std::string text = status_report(snapshot, kTerminal);
    CHECK(text.find(
              "\nshared store  reachable, breaker half-open, p50 0.2 ms, p99 5.1 ms, 3 waiting, "
              "41 decided without it, clock -1.5 ms\n") != std::string::npos);
    CHECK(text.find("\nfleet         2 instances\n") != std::string::npos);
    CHECK(text.find("\n\n"
                    "INSTANCE  DATA            ADMIN           VERSION  POLICY  HEALTH    "
                    "HEALTH VERSION  STORE\n"
                    "a1        127.0.0.1:8080  127.0.0.1:8081  0.1.0        17  NORMAL    "
                    "             1\n"
                    "b2        10.0.0.2:80     10.0.0.2:81     0.1.0        18  DEGRADED  "
                    "             3  fallback 5.1 ms\n") != std::string::npos);
    snapshot.fleet.subscribed = false;
    CHECK(status_report(snapshot, kPipe)
              .find("\nfleet\t2 instances, changes of the health are seen within 300 ms\n") !=
          std::string::npos);
    snapshot.fleet.reachable = false;
    CHECK(status_report(snapshot, kPipe).find("\nfleet\tthe other instances cannot be reached\n") !=
          std::string::npos);
  }

  TEST_CASE("the history of the health has the latest change first") {
    const auto history = decode<HealthHistory>(rl::test::kHealthHistory).value();
    CHECK(health_history(history, kTerminal) ==
          "SINCE                 STATE     VERSION  SOURCE   EXPIRES               WHY\n"
          "2026-01-01T00:05:00Z  DEGRADED        2  manual   2026-01-01T00:20:00Z  "
          "set by admin: GPU pool at 98 %\n"
          "2026-01-01T00:00:00Z  NORMAL          1  default  never\n");
  }

  TEST_CASE("the status tells of a tiers file that is not in force") {
    auto snapshot = decode<Snapshot>(rl::test::kSnapshot).value();
    snapshot.policy.file_faults = 1;
    CHECK(status_report(snapshot, kPipe)
              .find("\ntiers file\tnot in force: 1 fault, rlctl tiers show tells them\n") !=
          std::string::npos);
    snapshot.policy.file_faults = 2;
    CHECK(status_report(snapshot, kPipe).find("not in force: 2 faults,") != std::string::npos);
  }

  TEST_CASE("a change of the policy is summed up and listed") {
    auto update = decode<UpdateRecord>(rl::test::kUpdate).value();
    const std::string table =
        "CHANGE   WHAT                        BEFORE  AFTER\n"
        "changed  default_tier                \"free\"  \"pro\"\n"
        "changed  tiers.free.limits.1m.burst  20      30\n"
        "added    tiers.gold                          unlimited\n";
    CHECK(update_report(update, kTerminal) == "policy v17 -> v18, 3 changes\n" + table);
    update.dry_run = true;
    update.policy_version = 17;
    CHECK(update_report(update, kTerminal) ==
          "policy v17 in force, 3 changes if this is applied\n" + table);
    update.changes.clear();
    CHECK(update_report(update, kTerminal) ==
          "policy v17 in force, 0 changes if this is applied\n");
    update.dry_run = false;
    CHECK(update_report(update, kTerminal) == "policy v17 stays in force: nothing to change\n");
  }

  TEST_CASE("the history is told from the latest to the oldest") {
    CHECK(history_report(decode<HistoryRecord>(rl::test::kHistory).value(), kTerminal) ==
          "VERSION  SINCE                 TIERS  CHANGES  CAUSE\n"
          "v18      2026-01-01T00:05:00Z      3        3  apply by admin@127.0.0.1\n"
          "v17      2026-01-01T00:00:00Z      2        0  start\n");
  }

  TEST_CASE("the health tells who and why and until when and each instance") {
    const auto health = decode<HealthRecord>(rl::test::kHealth).value();
    CHECK(health_report(health, kPipe) ==
          "health\tDEGRADED\n"
          "version\t2\n"
          "source\tmanual\n"
          "reason\tset by admin: GPU pool at 98 %\n"
          "since\t2026-01-01T00:00:00Z\n"
          "expires\t2026-01-01T00:15:00Z\n"
          "\n"
          "INSTANCE\tSTATE\tVERSION\n"
          "a1\tDEGRADED\t2\n"
          "b2\tNORMAL\t1\n");
    CHECK(health_line(health, kPipe) ==
          "2026-01-01T00:00:00Z\tDEGRADED\tversion 2\tmanual\tset by admin: GPU pool at 98 %\n");
  }

  TEST_CASE("a change of health names both states") {
    auto health = decode<HealthRecord>(rl::test::kHealth).value();
    CHECK(health_change(HealthState::kNormal, health, kTerminal) ==
          "NORMAL -> DEGRADED  version 2  expires 2026-01-01T00:15:00Z\n");
    health.expires_at.reset();
    health.by.clear();
    CHECK(health_change(HealthState::kDegraded, health, kPipe) ==
          "DEGRADED -> DEGRADED\tversion 2\tnever expires\n");
    CHECK(health_line(health, kPipe).ends_with("\tGPU pool at 98 %\n"));
  }

  TEST_CASE("a check has a line per rule and marks the binding one") {
    const auto allowed = decode<CheckReply>(rl::test::kAllowed).value();
    CHECK(check_report(allowed, kTerminal) ==
          "allowed: user 1, tier free, cost 1, NORMAL, nothing taken\n"
          "RULE  LIMIT  REMAINING  RESET  NOTE\n"
          "1m       20         19     1m  binding\n"
          "day     100          0    90s  shadow, would deny\n");
    auto denied = decode<CheckReply>(rl::test::kDenied).value();
    CHECK(check_report(denied, kPipe) ==
          "denied: user 1, tier free, cost 3, DEGRADED, nothing taken, retry after 7s\n"
          "RULE\tLIMIT\tREMAINING\tRESET\tNOTE\n"
          "1m\t3\t0\t7s\tbinding, denies\n");
    denied.retry_after_seconds.reset();
    CHECK(check_report(denied, kPipe).find("can never pass: the cost is above the limit\n") !=
          std::string::npos);
  }

  TEST_CASE("a check without limits says so") {
    auto reply = decode<CheckReply>(rl::test::kAllowed).value();
    reply.limits.clear();
    reply.consumed = true;
    CHECK(check_report(reply, kTerminal) ==
          "allowed: user 1, tier free, cost 1, NORMAL, units taken\nno limit applies\n");
  }

  TEST_CASE("the tiers are listed with their numbers of each state") {
    const auto policy = decode<PolicyRecord>(rl::test::kTiers).value();
    CHECK(tier_list(policy, kTerminal) ==
          "TIER   SHED ORDER  NOW            NORMAL         DEGRADED     DESCRIPTION\n"
          "free            1  20/1m, 100/1d  20/1m, 100/1d  2/1m, 50/1d  trial users\n"
          "staff           9  unlimited      unlimited      unlimited\n");
  }

  TEST_CASE("the limits of a policy and of one tier") {
    const auto policy = decode<PolicyRecord>(rl::test::kTiers).value();
    const std::string header =
        "OF\tRULE\tNOW\tBASE\tBURST\tDEGRADED\tWINDOW\tSCOPE\tALGORITHM\tENFORCED\n";
    const std::string free =
        "free\t1m\t20\t10\t20\t2\t1m\tkey\tsliding_window\tyes\n"
        "free\tday\t100\t100\t100\t50\t1d\tuser\ttoken_bucket\tno\n";
    CHECK(limit_list(policy.tiers[0], kPipe) == header + free);
    CHECK(limit_list(policy, kPipe) ==
          header + free +
              "staff\tunlimited\t\t\t\t\t\t\t\t\n"
              "global\t1s\t5000\t5000\t5000\t5000\t1s\tglobal\tsliding_window\tyes\n"
              "POST /v1/transcribe (cost 5)\tnone\t\t\t\t\t\t\t\t\n");
  }

  TEST_CASE("states and verdicts are coloured where there are colours") {
    const Display colourful{.terminal = true, .colour = true};
    const auto health = decode<HealthRecord>(rl::test::kHealth).value();
    CHECK(health_report(health, colourful).starts_with("health   \x1b[33mDEGRADED\x1b[0m\n"));
    const auto denied = decode<CheckReply>(rl::test::kDenied).value();
    CHECK(check_report(denied, colourful).starts_with("\x1b[31mdenied\x1b[0m: "));
    CHECK(check_report(denied, kTerminal).find('\x1b') == std::string::npos);
  }

  TEST_CASE("a reason cannot command the terminal") {
    auto health = decode<HealthRecord>(rl::test::kHealth).value();
    health.reason = "a\x1b[2Jb\tc\nd";
    CHECK(health_line(health, kPipe).ends_with("\tset by admin: a?[2Jb?c?d\n"));
  }
}

}  // namespace
