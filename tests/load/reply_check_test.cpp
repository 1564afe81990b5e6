#include "rl/load/reply_check.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace std::chrono_literals;
using rl::HealthState;
using rl::client::HeaderList;
using rl::client::HttpReply;
using rl::load::ExactLimit;
using rl::load::find_fault;

namespace {

constexpr char kContext[] = "tier=free;state=NORMAL;health=1;policy=1;store=memory";

HeaderList allowed_headers() {
  return {{"x-ratelimit-limit", "20"},
          {"x-ratelimit-remaining", "19"},
          {"x-ratelimit-reset", "1767225660"},
          {"x-ratelimit-context", kContext}};
}

HeaderList denied_headers() {
  HeaderList headers = allowed_headers();
  headers[1].second = "0";
  headers.emplace_back("retry-after", "60");
  return headers;
}

/// The headers with one of them changed, or left out when the value is empty.
HeaderList with(HeaderList headers, const std::string& name, const std::string& value) {
  for (auto field = headers.begin(); field != headers.end(); ++field) {
    if (field->first == name) {
      headers.erase(field);
      break;
    }
  }
  if (!value.empty()) {
    headers.emplace_back(name, value);
  }
  return headers;
}

std::string fault(int status, const HeaderList& headers, std::uint32_t units = 20) {
  const std::vector<ExactLimit> limits = {{1min, units}};
  return find_fault(HttpReply{.status = status, .headers = headers, .body = {}},
                    {.tier = "free", .state = HealthState::kNormal, .limits = limits})
      .value_or("");
}

}  // namespace

TEST_SUITE("load") {
  TEST_CASE("the context of a decision is read whole or not at all") {
    const auto context =
        rl::load::parse_context("tier=free;state=DEGRADED;health=2;policy=17;store=memory;new=1");
    REQUIRE(context.has_value());
    CHECK(context->tier == "free");
    CHECK(context->state == HealthState::kDegraded);
    CHECK(context->health == 2);
    CHECK(context->policy == 17);
    CHECK(context->store == "memory");
    for (const char* text : {"", "tier=free", "tier=free;state=BAD;health=2;policy=1;store=memory",
                             "tier=free;state=NORMAL;health=x;policy=1;store=memory",
                             "tier=free;state=NORMAL;health=1;policy=1"}) {
      CAPTURE(text);
      CHECK_FALSE(rl::load::parse_context(text).has_value());
    }
  }

  TEST_CASE("replies that keep the contract have no fault") {
    CHECK(fault(200, allowed_headers()).empty());
    CHECK(fault(429, denied_headers()).empty());
  }

  TEST_CASE("each break of the contract is named") {
    struct Row {
      int status;
      HeaderList headers;
      const char* fault;
    };
    const HeaderList ok = allowed_headers();
    const HeaderList no = denied_headers();
    const std::vector<Row> rows = {
        {500, ok, "status 500"},
        {401, {}, "status 401"},
        {200, with(ok, "x-ratelimit-context", ""), "200 without X-RateLimit-Context"},
        {200, with(ok, "x-ratelimit-context", "tier=free"),
         "X-RateLimit-Context \"tier=free\" lacks tier, state, health, policy or store"},
        {200,
         with(ok, "x-ratelimit-context", "tier=pro;state=NORMAL;health=1;policy=1;store=memory"),
         "decided as tier pro"},
        {429,
         with(no, "x-ratelimit-context", "tier=free;state=DEGRADED;health=1;policy=1;store=memory"),
         "decided in state DEGRADED"},
        {200, with(ok, "x-ratelimit-limit", ""),
         "200 without X-RateLimit-Limit, -Remaining and -Reset"},
        {200, with(ok, "x-ratelimit-remaining", "-1"),
         "200 without X-RateLimit-Limit, -Remaining and -Reset"},
        {429, with(no, "x-ratelimit-reset", "soon"),
         "429 without X-RateLimit-Limit, -Remaining and -Reset"},
        {429, with(no, "x-ratelimit-limit", "2"),
         "429 with X-RateLimit-Limit 2 which is not in force"},
        {200, with(ok, "x-ratelimit-remaining", "20"),
         "200 with X-RateLimit-Remaining not below X-RateLimit-Limit"},
        {200, with(ok, "x-ratelimit-reset", "0"), "200 with X-RateLimit-Reset 0"},
        {429, with(no, "retry-after", ""), "429 without a Retry-After of at least 1"},
        {429, with(no, "retry-after", "0"), "429 without a Retry-After of at least 1"},
        {429, with(no, "retry-after", "61"), "429 with a Retry-After longer than the window"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.fault);
      CHECK(fault(row.status, row.headers) == row.fault);
    }
  }

  TEST_CASE("a limit of 0 frees never and so has no Retry-After") {
    const HeaderList blocked = with(denied_headers(), "x-ratelimit-limit", "0");
    CHECK(fault(429, blocked, 0) == "429 with Retry-After although its limit is 0");
    CHECK(fault(429, with(blocked, "retry-after", ""), 0).empty());
  }

  TEST_CASE("without limits only status and context count") {
    const HttpReply reply{
        .status = 200, .headers = {{"X-RateLimit-Context", kContext}}, .body = {}};
    CHECK_FALSE(find_fault(reply, {.tier = "free"}).has_value());
    CHECK(find_fault(reply, {.tier = "pro"}).has_value());
  }
}
