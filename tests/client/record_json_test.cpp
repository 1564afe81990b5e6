#include "rl/client/record_json.h"

#include <doctest/doctest.h>

#include "rl/client/admin_records.h"
#include "tests/client/samples.h"

namespace {

using namespace rl::client;
using rl::HealthState;

/// The text with one member, found by its JSON pointer, replaced or (without a value) removed.
std::string changed(const char* text, const char* pointer, const Json& value) {
  Json document = Json::parse(text);
  const Json::json_pointer at(pointer);
  if (value.is_discarded()) {
    document.at(at.parent_pointer()).erase(at.back());
  } else {
    document[at] = value;
  }
  return document.dump();
}

Json removed() {
  return Json(Json::value_t::discarded);
}

template <class Record>
void check_round_trip(const char* text) {
  const auto record = decode<Record>(text);
  REQUIRE_MESSAGE(record.has_value(), record.error().message);
  Json expected = Json::parse(text);
  expected.erase("schema_version");
  CHECK(encode(*record).dump(1) == expected.dump(1));
}

TEST_SUITE("client") {
  TEST_CASE("every record comes out of its JSON form and goes back into the same") {
    check_round_trip<HealthRecord>(rl::test::kHealth);
    check_round_trip<HealthHistory>(rl::test::kHealthHistory);
    check_round_trip<PolicyRecord>(rl::test::kTiers);
    check_round_trip<CheckReply>(rl::test::kAllowed);
    check_round_trip<CheckReply>(rl::test::kDenied);
    check_round_trip<Snapshot>(rl::test::kSnapshot);
    check_round_trip<UpdateRecord>(rl::test::kUpdate);
    check_round_trip<HistoryRecord>(rl::test::kHistory);
    check_round_trip<UserRecord>(rl::test::kUser);
    check_round_trip<UserList>(rl::test::kUsers);
    check_round_trip<QuotaRecord>(rl::test::kQuota);
    check_round_trip<KeyRecord>(rl::test::kKey);
    check_round_trip<KeyList>(rl::test::kKeys);
    check_round_trip<AuditList>(rl::test::kAudit);
  }

  TEST_CASE("members land where they belong") {
    const auto health = decode<HealthRecord>(rl::test::kHealth);
    REQUIRE(health.has_value());
    CHECK(health->state == HealthState::kDegraded);
    CHECK(health->expires_at == "2026-01-01T00:15:00Z");
    CHECK(health->instances.at(1).id == "b2");
    const auto reply = decode<CheckReply>(rl::test::kDenied);
    REQUIRE(reply.has_value());
    CHECK_FALSE(reply->allowed);
    CHECK_FALSE(reply->key_id.has_value());
    CHECK(reply->retry_after_seconds == std::chrono::seconds{7});
    CHECK(reply->limits.at(0).limit == 3);
    const auto snapshot = decode<Snapshot>(rl::test::kSnapshot);
    REQUIRE(snapshot.has_value());
    CHECK(snapshot->decisions.by_tier.at("free").allowed == 9);
    CHECK(snapshot->rates.denied_per_second == doctest::Approx(0.25));
  }

  TEST_CASE("members that a newer server adds are skipped") {
    const auto text = changed(rl::test::kHealth, "/mood", "sunny");
    CHECK(decode<HealthRecord>(text).has_value());
  }

  TEST_CASE("the instances of a health may be left out") {
    const auto health = decode<HealthRecord>(changed(rl::test::kHealth, "/instances", removed()));
    REQUIRE(health.has_value());
    CHECK(health->instances.empty());
  }

  TEST_CASE("what does not fit is told with its path") {
    struct Case {
      const char* pointer;
      Json value;
      const char* fault;
    };
    const Case cases[] = {
        {"/policy_version", removed(), "the reply has no member \"policy_version\""},
        {"/policy_version", "17", "policy_version is not a whole number in its range"},
        {"/policy_version", -1, "policy_version is not a whole number in its range"},
        {"/policy_version", 1.5, "policy_version is not a whole number in its range"},
        {"/source", nullptr, "source is not a string"},
        {"/anonymous_tier", 3, "anonymous_tier is not a string"},
        {"/tiers", Json::object(), "tiers is not an array"},
        {"/tiers/1", 3, "tiers[1] is not an object"},
        {"/tiers/1/unlimited", 1, "tiers[1].unlimited is not a boolean"},
        {"/tiers/0/limits/1/base", 4294967296,
         "tiers[0].limits[1].base is not a whole number in "
         "its range"},
        {"/routes/0/match", removed(), "routes[0] has no member \"match\""},
    };
    for (const Case& c : cases) {
      const auto policy = decode<PolicyRecord>(changed(rl::test::kTiers, c.pointer, c.value));
      CAPTURE(c.fault);
      REQUIRE_FALSE(policy.has_value());
      CHECK(policy.error().message == c.fault);
    }
  }

  TEST_CASE("states and rates and totals are checked too") {
    const auto state = decode<HealthRecord>(changed(rl::test::kHealth, "/state", "SICK"));
    REQUIRE_FALSE(state.has_value());
    CHECK(state.error().message == "state is neither NORMAL nor DEGRADED");
    const auto rate =
        decode<Snapshot>(changed(rl::test::kSnapshot, "/rates/denied_per_second", "few"));
    REQUIRE_FALSE(rate.has_value());
    CHECK(rate.error().message == "rates.denied_per_second is not a number");
    const auto total =
        decode<Snapshot>(changed(rl::test::kSnapshot, "/decisions/by_tier/free/denied", true));
    REQUIRE_FALSE(total.has_value());
    CHECK(total.error().message ==
          "decisions.by_tier.free.denied is not a whole number in its range");
    const auto retry = decode<CheckReply>(changed(rl::test::kDenied, "/retry_after_seconds", -1));
    REQUIRE_FALSE(retry.has_value());
    CHECK(retry.error().message == "retry_after_seconds is not a whole number in its range");
  }

  TEST_CASE("what is no JSON object is an error and not an exception") {
    for (const char* const text : {"", "{", "<html>", "{\"state\": \"\xff\"}", "[", "nul"}) {
      const auto health = decode<HealthRecord>(text);
      REQUIRE_FALSE(health.has_value());
      CHECK(health.error().message == "the reply is not JSON");
    }
    for (const char* const text : {"[]", "null", "3", "\"NORMAL\""}) {
      const auto health = decode<HealthRecord>(text);
      REQUIRE_FALSE(health.has_value());
      CHECK(health.error().message == "the reply is not an object");
    }
  }

  TEST_CASE("bytes that are not UTF-8 are replaced on the way out") {
    CHECK(to_text({{"reason", "a\xff"}}, /*indented=*/false) == "{\"reason\":\"a\xEF\xBF\xBD\"}");
  }
}

}  // namespace
