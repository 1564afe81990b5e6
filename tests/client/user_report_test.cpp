#include "rl/client/user_report.h"

#include <doctest/doctest.h>

#include "rl/client/record_json.h"
#include "tests/client/samples.h"

namespace {

using namespace rl::client;

constexpr rl::Display kToPipe;

template <class Record>
Record sample(const char* text) {
  auto record = decode<Record>(text);
  REQUIRE(record.has_value());
  return *record;
}

}  // namespace

TEST_SUITE("client") {
  TEST_CASE("users and keys and changes are a line each") {
    CHECK(user_list(sample<UserList>(rl::test::kUsers), kToPipe) ==
          "ID\tTIER\tCREATED\tNAME\n"
          "1\tpro\t2026-01-01T00:00:00Z\talice\n"
          "7\tfree\t2026-01-02T00:00:00Z\tbob\n");
    KeyList keys = sample<KeyList>(rl::test::kKeys);
    keys.keys.push_back(sample<KeyRecord>(rl::test::kKey));
    CHECK(key_list(keys, kToPipe) ==
          "ID\tUSER\tSTATE\tTIER\tEXPIRES\tSECRET\tNAME\n"
          "k3\t1\trevoked\tthe user's\tnever\t\t\n"
          "k1\t1\tactive\tfree\t2026-04-01T00:00:00Z\trlk_abcd...wxyz and 1 in its grace\tci\n");
    CHECK(audit_report(sample<AuditList>(rl::test::kAudit), kToPipe) ==
          "AT\tWHO\tFROM\tACTION\tWHAT\tBEFORE\tAFTER\n"
          "2026-01-01T00:01:30Z\tadmin\t127.0.0.1\tuser.set-tier\tuser 1\tname alice, tier free\t"
          "name alice, tier pro\n");
  }

  TEST_CASE("a quota is a line per limit of the user and of each key") {
    CHECK(quota_report(sample<QuotaRecord>(rl::test::kQuota), kToPipe) ==
          "OF\tTIER\tRULE\tLIMIT\tREMAINING\tRESET\n"
          "user 1\tpro\t1m\t150\t150\t0s\n"
          "key k1\tfree\t1m\t20\t0\t1m\n"
          "key k2\tstaff\tunlimited\t\t\t\n");
  }

  TEST_CASE("a key is shown with its secret only where it was just made") {
    KeyRecord key = sample<KeyRecord>(rl::test::kKey);
    CHECK(key_report(key, kToPipe) ==
          "key\tk1\nuser\t1\nname\tci\ntier\tfree\nstate\tactive\n"
          "created\t2026-01-01T00:00:00Z\nexpires\t2026-04-01T00:00:00Z\n"
          "works\trlk_abcd...wxyz since 2026-01-02T00:00:00Z\n"
          "works\trlk_efgh...stuv since 2026-01-01T00:00:00Z until 2026-01-03T00:00:00Z\n"
          "secret\trlk_abcd-in-a-sample-wxyz\n");
    key.secret.clear();
    CHECK(key_report(key, kToPipe).find("secret") == std::string::npos);
  }

  TEST_CASE("control characters in a name cannot command the terminal") {
    UserList users = sample<UserList>(rl::test::kUsers);
    users.users[0].name = "a\x1b[2Jb\nc";
    CHECK(user_list(users, kToPipe).find("a?[2Jb?c\n") != std::string::npos);
  }
}
