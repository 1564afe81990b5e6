#include <doctest/doctest.h>

#include "tests/fault/fleet.h"
#include "tests/support/fault_proxy.h"

using namespace std::chrono_literals;
using rl::Micros;
using rl::test::charge_of;
using rl::test::FaultInstance;
using rl::test::FaultProxy;
using rl::test::p99;
using rl::test::RedisServer;
using rl::test::saw;

namespace {

constexpr Micros kGenerousToProxy = 70ms;  // the deadline is 20 ms

/// Asks for many owners, tending meanwhile, for so long. How long each answer took.
std::vector<Micros> ask_for(FaultInstance& instance, Micros duration) {
  std::vector<Micros> took;
  const rl::Instant end = instance.clock.now() + duration;
  for (int i = 0; instance.clock.now() < end; ++i) {
    instance.ask(charge_of("k:" + std::to_string(i % 1000)), &took);
    if (i % 1000 == 0) {
      instance.fallback.tend();
    }
  }
  return took;
}

void check_fault(FaultProxy::Fault fault, const char* name) {
  const RedisServer server;
  FaultProxy proxy(server.socket());
  FaultInstance instance(proxy.url(), {});
  proxy.set(fault);
  std::vector<Micros> took;
  const rl::Instant latest = instance.clock.now() + 30s;
  while (instance.fallback.kind() == "redis" && instance.clock.now() < latest) {
    instance.ask(charge_of("k:1"), &took);
  }
  CHECK(instance.fallback.kind() == "fallback");
  const std::uint64_t before = proxy.calls();
  const std::vector<Micros> open = ask_for(instance, 2s);
  const std::uint64_t probes = proxy.calls() - before;
  took.insert(took.end(), open.begin(), open.end());
  proxy.set(FaultProxy::Fault::kNone);
  const Micros back = instance.recover();
  saw("{}: p99 of {} decisions {} us; {} probes in 2 s; back after {} ms", name, took.size(),
      p99(took).count(), probes, back / 1ms);
  CHECK(p99(took) <= kGenerousToProxy);
  CHECK(probes <= 4);  // after 250, 500, 1000, 2000 ms
  CHECK(instance.ask(charge_of("k:after")));
}

}  // namespace

TEST_SUITE("fault") {
  TEST_CASE("replies that take 50 ms hold nobody up, and only probes go there") {
    check_fault(FaultProxy::Fault::kDelay, "replies late by 50 ms");
  }

  TEST_CASE("a black hole holds nobody up, and only probes go there") {
    check_fault(FaultProxy::Fault::kBlackHole, "a black hole");
  }

  TEST_CASE("replies that are cut in the middle never make one admission too many") {
    const RedisServer server;
    FaultProxy proxy(server.socket());
    FaultInstance instance(proxy.url(), {.deadline = 1s});
    int admitted = 0;
    int cuts = 0;
    for (int i = 0; i < 400; ++i) {
      if (i % 20 == 10 && instance.fallback.kind() == "redis") {
        proxy.set(FaultProxy::Fault::kCutReply);
        ++cuts;
      }
      admitted += instance.ask(charge_of("k:1", 100)) ? 1 : 0;
      if (i % 20 == 15 && cuts < 6) {
        instance.recover();
      }
    }
    instance.recover();
    const auto shared = instance.redis.shared_stats();
    saw("{} replies cut, {} asks lost with them, {} admitted of a limit of 100", cuts,
        shared.unreachable, admitted);
    CHECK(cuts > 0);
    CHECK(shared.unreachable > 0);
    CHECK(admitted <= 100);
    CHECK(admitted >= 100 - cuts);  // a unit whose reply was cut is spent, and nothing else
  }
}
