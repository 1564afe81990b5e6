#include "rl/http/rate_headers.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <deque>

using namespace std::chrono_literals;

namespace {

constexpr rl::WallTime kNewYear{std::chrono::seconds{1'767'225'600}};  // 2026-01-01T00:00:00Z

/// A rule that clients know by that label.
rl::Rule rule(const std::string& label, rl::Micros window) {
  return {.name = "inner", .id = "t/inner", .label = label, .window = window};
}

/// An outcome made by hand, and what it points to: the tier "free" of policy 3 under health 12.
class Made {
 public:
  Made() {
    rl::Policy policy;
    policy.version = 3;
    policy.tiers.emplace_back().name = "free";
    outcome_.allowed = true;
    outcome_.policy = std::make_shared<rl::Policy>(std::move(policy));
    outcome_.tier = &outcome_.policy->tiers.front();
    outcome_.health = {.version = 12};
    outcome_.at = kNewYear;
    outcome_.store = "memory";
  }

  /// Adds what a rule said; a denial of an enforced rule denies the whole.
  Made& add(const rl::Rule& rule, const rl::Decision& decision) {
    rules_.push_back(rule);
    outcome_.add({.rule = &rules_.back(), .decision = decision});
    outcome_.allowed = outcome_.allowed && (decision.allowed || !rule.enforce);
    return *this;
  }

  rl::Outcome& outcome() { return outcome_; }

  /// The headers as they go over the wire.
  std::string headers() const {
    std::string lines;
    for (const auto& [name, value] : rl::http::rate_headers(outcome_)) {
      lines.append(name).append(": ").append(value).append("\n");
    }
    return lines;
  }

  std::string header(const std::string& wanted) const {
    for (const auto& [name, value] : rl::http::rate_headers(outcome_)) {
      if (name == wanted) {
        return value;
      }
    }
    return "absent";
  }

  rl::http::Problem problem() const { return rl::http::quota_problem(outcome_); }

 private:
  std::deque<rl::Rule> rules_;
  rl::Outcome outcome_;
};

/// Local time is five hours behind UTC, for as long as this lives.
class FarFromGreenwich {
 public:
  FarFromGreenwich() {
    ::setenv("TZ", "EST5", 1);  // NOLINT(concurrency-mt-unsafe): no other thread runs
    ::tzset();
  }
  FarFromGreenwich(const FarFromGreenwich&) = delete;
  FarFromGreenwich& operator=(const FarFromGreenwich&) = delete;
  ~FarFromGreenwich() {
    ::unsetenv("TZ");  // NOLINT(concurrency-mt-unsafe)
    ::tzset();
  }
};

/// A denial by a limit of 20 a minute.
Made denied(rl::Micros retry_after) {
  Made made;
  made.add(rule("1m", 1min), {.limit = 20, .reset_after = 12s, .retry_after = retry_after});
  return made;
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("an admission says how much is left and when more frees") {
    Made made;
    made.add(rule("1m", 1min),
             {.allowed = true, .limit = 20, .remaining = 19, .reset_after = 1min});
    CHECK(made.headers() ==
          "Date: Thu, 01 Jan 2026 00:00:00 GMT\n"
          "RateLimit: \"1m\";r=19;t=60\n"
          "RateLimit-Policy: \"1m\";q=20;w=60\n"
          "X-RateLimit-Context: tier=free;state=NORMAL;health=12;policy=3;store=memory\n"
          "X-RateLimit-Limit: 20\n"
          "X-RateLimit-Remaining: 19\n"
          "X-RateLimit-Reset: 1767225660\n");
  }

  TEST_CASE("a denial also says when to come again and that nobody may store it") {
    const Made made = denied(12s);
    CHECK(made.headers() ==
          "Cache-Control: no-store\n"
          "Date: Thu, 01 Jan 2026 00:00:00 GMT\n"
          "RateLimit: \"1m\";r=0;t=12\n"
          "RateLimit-Policy: \"1m\";q=20;w=60\n"
          "Retry-After: 12\n"
          "X-RateLimit-Context: tier=free;state=NORMAL;health=12;policy=3;store=memory\n"
          "X-RateLimit-Limit: 20\n"
          "X-RateLimit-Remaining: 0\n"
          "X-RateLimit-Reset: 1767225612\n");
    const rl::http::Problem problem = made.problem();
    CHECK(problem.status == 429);
    CHECK(problem.title == "Quota exceeded");
    CHECK(problem.type == "https://iana.org/assignments/http-problem-types#quota-exceeded");
    CHECK(problem.detail ==
          "limit \"1m\" allows 20 units per 1m for tier \"free\" while NORMAL; retry in 12 s");
    CHECK(problem.members.dump() == R"({"violated-policies":["1m"],"retry_after_seconds":12})");
  }

  TEST_CASE("a request that can never pass gets no retry-after and is told why") {
    Made made = denied(rl::kNever);
    made.outcome().cost = 21;
    CHECK(made.header("Retry-After") == "absent");
    CHECK(made.header("Cache-Control") == "no-store");
    CHECK(made.header("X-RateLimit-Reset") == "1767225612");
    CHECK(made.problem().detail ==
          "limit \"1m\" allows 20 units per 1m for tier \"free\" while NORMAL, and this request "
          "takes 21 units: it can never pass");
    CHECK(made.problem().members.dump() == R"({"violated-policies":["1m"]})");
  }

  TEST_CASE("a limit of 0 is told as a block") {
    Made made;
    made.add(rule("1m", 1min), {.limit = 0, .retry_after = rl::kNever});
    made.outcome().health = {.version = 13, .state = rl::HealthState::kDegraded};
    CHECK(made.headers() ==
          "Cache-Control: no-store\n"
          "Date: Thu, 01 Jan 2026 00:00:00 GMT\n"
          "RateLimit: \"1m\";r=0;t=0\n"
          "RateLimit-Policy: \"1m\";q=0;w=60\n"
          "X-RateLimit-Context: tier=free;state=DEGRADED;health=13;policy=3;store=memory\n"
          "X-RateLimit-Limit: 0\n"
          "X-RateLimit-Remaining: 0\n"
          "X-RateLimit-Reset: 1767225600\n");
    CHECK(made.problem().detail ==
          "limit \"1m\" allows 0 units per 1m for tier \"free\" while DEGRADED: it is blocked");
  }

  TEST_CASE("a limit of 1 allows 1 unit") {
    Made made;
    made.add(rule("1h", 1h), {.limit = 1, .reset_after = 1s, .retry_after = 1s});
    CHECK(made.problem().detail ==
          "limit \"1h\" allows 1 unit per 1h for tier \"free\" while NORMAL; retry in 1 s");
  }

  TEST_CASE("every enforced rule is listed and the binding one speaks in the old headers") {
    Made made;
    made.add(rule("1s", 1s), {.allowed = true, .limit = 5, .remaining = 4, .reset_after = 1s});
    made.add(rule("global:day", 24h),
             {.allowed = true, .limit = 9, .remaining = 3, .reset_after = 7h});
    made.add(rule("route:1h", 1h),
             {.allowed = true, .limit = 50, .remaining = 30, .reset_after = 90s});
    CHECK(made.header("X-RateLimit-Limit") == "9");
    CHECK(made.header("X-RateLimit-Remaining") == "3");
    CHECK(made.header("X-RateLimit-Reset") == std::to_string(1'767'225'600 + 7 * 3600));
    CHECK(made.header("RateLimit-Policy") ==
          R"("1s";q=5;w=1, "global:day";q=9;w=86400, "route:1h";q=50;w=3600)");
    CHECK(made.header("RateLimit") ==
          R"("1s";r=4;t=1, "global:day";r=3;t=25200, "route:1h";r=30;t=90)");
  }

  TEST_CASE("a denial by several rules names them all and waits for the last") {
    Made made;
    made.add(rule("1s", 1s), {.limit = 5, .reset_after = 1s, .retry_after = 1s});
    made.add(rule("global:day", 24h),
             {.allowed = true, .limit = 9, .remaining = 3, .reset_after = 7h});
    made.add(rule("1m", 1min), {.limit = 20, .reset_after = 2s, .retry_after = 40s});
    CHECK(made.header("X-RateLimit-Limit") == "20");
    CHECK(made.header("Retry-After") == "40");
    CHECK(made.problem().members.dump() ==
          R"({"violated-policies":["1s","1m"],"retry_after_seconds":40})");
  }

  TEST_CASE("a shadow rule is not shown") {
    rl::Rule shadow = rule("watch", 1min);
    shadow.enforce = false;
    Made made;
    made.add(shadow, {.limit = 1, .reset_after = 30s, .retry_after = 30s});
    CHECK(made.headers() ==
          "Date: Thu, 01 Jan 2026 00:00:00 GMT\n"
          "X-RateLimit-Context: tier=free;state=NORMAL;health=12;policy=3;store=memory\n");
    made.add(rule("1m", 1min), {.limit = 20, .reset_after = 5s, .retry_after = 5s});
    CHECK(made.header("X-RateLimit-Limit") == "20");
    CHECK(made.header("RateLimit-Policy") == R"("1m";q=20;w=60)");
    CHECK(made.header("RateLimit") == R"("1m";r=0;t=5)");
    CHECK(made.header("Retry-After") == "5");
    CHECK(made.problem().members.at("violated-policies").dump() == R"(["1m"])");
  }

  TEST_CASE("an unlimited tier has no numbers to show") {
    CHECK(Made().headers() ==
          "Date: Thu, 01 Jan 2026 00:00:00 GMT\n"
          "X-RateLimit-Context: tier=free;state=NORMAL;health=12;policy=3;store=memory\n");
  }

  TEST_CASE("a window that is no whole number of seconds is listed without its length") {
    for (const rl::Micros window : {rl::Micros{250ms}, rl::Micros{1500ms}}) {
      Made made;
      made.add(rule("short", window),
               {.allowed = true, .limit = 5, .remaining = 4, .reset_after = window});
      CHECK(made.header("RateLimit-Policy") == R"("short";q=5)");
      CHECK(made.header("RateLimit") ==
            (window < 1s ? R"("short";r=4;t=1)" : R"("short";r=4;t=2)"));
    }
  }

  TEST_CASE("retry-after is rounded up and at least a second") {
    struct Row {
      rl::Micros retry_after;
      std::string told;
    };
    const Row rows[] = {{0us, "1"},   {1us, "1"},         {999'999us, "1"},
                        {1s, "1"},    {1'000'001us, "2"}, {59'999'999us, "60"},
                        {1min, "60"}, {744h, "2678400"}};
    for (const Row& row : rows) {
      CAPTURE(row.retry_after.count());
      const Made made = denied(row.retry_after);
      CHECK(made.header("Retry-After") == row.told);
      CHECK(made.problem().members.at("retry_after_seconds").dump() == row.told);
      CHECK(made.problem().detail.ends_with("retry in " + row.told + " s"));
    }
  }

  TEST_CASE("reset is rounded up in epoch seconds and in delta seconds") {
    struct Row {
      rl::Micros past_second;  ///< when the request was decided
      rl::Micros reset_after;
      std::string epoch;
      std::string list;
    };
    const Row rows[] = {
        {0us, 0us, "1767225600", R"("1m";r=1;t=0)"},
        {0us, 1us, "1767225601", R"("1m";r=1;t=1)"},
        {0us, 60s, "1767225660", R"("1m";r=1;t=60)"},
        {0us, 60'000'001us, "1767225661", R"("1m";r=1;t=61)"},
        {500ms, 59'500ms, "1767225660", R"("1m";r=1;t=60)"},
        {500ms, 59'500'001us, "1767225661", R"("1m";r=1;t=60)"},
        {999'999us, 0us, "1767225601", R"("1m";r=1;t=0)"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.past_second.count());
      CAPTURE(row.reset_after.count());
      Made made;
      made.outcome().at = kNewYear + row.past_second;
      made.add(rule("1m", 1min),
               {.allowed = true, .limit = 2, .remaining = 1, .reset_after = row.reset_after});
      CHECK(made.header("X-RateLimit-Reset") == row.epoch);
      CHECK(made.header("RateLimit") == row.list);
    }
  }

  TEST_CASE("the date is the second in which the request was decided wherever the server is") {
    const FarFromGreenwich zone;
    struct Row {
      rl::WallTime at;
      std::string date;
    };
    const Row rows[] = {
        {rl::WallTime{}, "Thu, 01 Jan 1970 00:00:00 GMT"},
        {kNewYear - 1us, "Wed, 31 Dec 2025 23:59:59 GMT"},
        {kNewYear + 999'999us, "Thu, 01 Jan 2026 00:00:00 GMT"},
        {rl::WallTime{1'835'438'706s}, "Tue, 29 Feb 2028 12:05:06 GMT"},
    };
    for (const Row& row : rows) {
      Made made;
      made.outcome().at = row.at;
      CHECK(made.header("Date") == row.date);
    }
  }
}
