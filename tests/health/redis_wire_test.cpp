#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "rl/health/redis/wire.h"

using namespace std::chrono_literals;
using json = nlohmann::json;

namespace {

const json kTold = {{"version", "7"}, {"state", "DEGRADED"}, {"source", "manual"},
                    {"reason", "r"},  {"by", "admin"},       {"since", "1767225600000000"},
                    {"remaining", ""}};

}  // namespace

TEST_SUITE("health") {
  TEST_CASE("a health is read as it was told") {
    const auto health = rl::redis::parse_health(kTold.dump());
    REQUIRE(health.has_value());
    CHECK(health->health.version == 7);
    CHECK(health->health.state == rl::HealthState::kDegraded);
    CHECK(health->health.source == rl::HealthSource::kManual);
    CHECK(health->reason == "r");
    CHECK(health->by == "admin");
    CHECK(health->since == rl::WallTime{1767225600s});
    CHECK_FALSE(health->remaining.has_value());
    CHECK(rl::redis::words_of(*health) == std::vector<std::string>{"7", "DEGRADED", "manual", "r",
                                                                   "admin", "1767225600000000",
                                                                   ""});
  }

  TEST_CASE("a remaining time may be over and a source may be of a newer release") {
    json told = kTold;
    told["remaining"] = "-5";
    told["source"] = "forecast";
    const auto health = rl::redis::parse_health(told.dump());
    REQUIRE(health.has_value());
    CHECK(health->remaining == -5us);
    CHECK(health->health.source == rl::HealthSource::kAuto);
  }

  TEST_CASE("what is no health is refused") {
    const std::pair<const char*, json> wrong[] = {
        {"version", "0"},     {"version", "281474976710656"},
        {"version", "-1"},    {"version", "1.5"},
        {"version", ""},      {"version", 7},
        {"state", "SICK"},    {"state", nullptr},
        {"source", 1},        {"reason", json::array()},
        {"by", nullptr},      {"since", "today"},
        {"remaining", "1 s"}, {"remaining", 5}};
    for (const auto& [member, value] : wrong) {
      CAPTURE(member);
      CAPTURE(value.dump());
      json told = kTold;
      told[member] = value;
      CHECK_FALSE(rl::redis::parse_health(told.dump()).has_value());
      told.erase(member);
      CHECK_FALSE(rl::redis::parse_health(told.dump()).has_value());
    }
    for (const char* const text : {"", "7", "[]", "{", "\xff"}) {
      CHECK_FALSE(rl::redis::parse_health(text).has_value());
    }
  }

  TEST_CASE("an instance is read as it told of itself and anything else is none") {
    const rl::InstanceRecord told{.id = "a1",
                                  .version = "0.1.0",
                                  .data = "127.0.0.1:8080",
                                  .admin = "127.0.0.1:8081",
                                  .policy_version = 17,
                                  .health = {.version = 3, .state = rl::HealthState::kDegraded}};
    CHECK_FALSE(rl::redis::parse_instance(rl::redis::text_of(told))->store.has_value());
    const std::string text = rl::redis::text_of(told);
    const auto read = rl::redis::parse_instance(text);
    REQUIRE(read.has_value());
    CHECK(read->id == told.id);
    CHECK(read->version == told.version);
    CHECK(read->data == told.data);
    CHECK(read->admin == told.admin);
    CHECK(read->policy_version == told.policy_version);
    CHECK(read->health.version == 3);
    CHECK(read->health.state == rl::HealthState::kDegraded);
    const json document = json::parse(text);
    for (const auto& member : document.items()) {
      json without = document;
      without.erase(member.key());
      CHECK_FALSE(rl::redis::parse_instance(without.dump()).has_value());
    }
    CHECK_FALSE(rl::redis::parse_instance("").has_value());
  }

  TEST_CASE("an instance tells of its store and one that says too little of it tells nothing") {
    const rl::InstanceRecord told{
        .id = "a1",
        .version = "0.1.0",
        .data = "127.0.0.1:8080",
        .admin = "127.0.0.1:8081",
        .policy_version = 17,
        .health = {.version = 1},
        .store = rl::InstanceStore{.kind = "fallback", .call_p99 = 4'321us, .without = 12}};
    const json document = json::parse(rl::redis::text_of(told));
    const auto read = rl::redis::parse_instance(document.dump());
    REQUIRE(read.has_value());
    REQUIRE(read->store.has_value());
    CHECK(read->store->kind == "fallback");
    CHECK(read->store->call_p99 == 4'321us);
    CHECK(read->store->without == 12);
    for (const char* const member : {"store", "store_p99", "without"}) {
      json without = document;
      without.erase(member);
      CHECK_FALSE(rl::redis::parse_instance(without.dump())->store.has_value());
    }
  }
}
