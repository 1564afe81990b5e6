#include "rl/http/usage_api.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "rl/base/duration.h"
#include "rl/http/directory_problem.h"
#include "rl/http/problem.h"

namespace rl::http {
namespace {

using json = nlohmann::ordered_json;

constexpr std::uint64_t kMinute = 60;  // seconds
constexpr std::uint64_t kLongest =
    std::chrono::duration_cast<std::chrono::seconds>(kUsageKept).count();
constexpr std::uint64_t kLongestStep = 86'400;
constexpr std::uint64_t kUsualTime = 3'600;
constexpr std::uint64_t kMaxTop = 100;
constexpr std::uint64_t kUsualTop = 10;

struct Asked {
  UsageOf of;
  std::int64_t minutes = 0;  ///< how far back
  std::int64_t step = 1;     ///< minutes
};

Failure<Problem> bad(std::string detail) {
  return fail_with(Problem{.status = 400, .title = {}, .detail = std::move(detail)});
}

Result<UsageOf, Problem> owner_in(const httplib::Request& request) {
  const std::string key = request.get_param_value("key");
  const std::string user = request.get_param_value("user");
  if (key.empty() == user.empty() || request.get_param_value_count("key") > 1 ||
      request.get_param_value_count("user") > 1) {
    return bad("name either a ?key= or a ?user=, once");
  }
  const auto id = key.empty() ? parse_id(user) : parse_key_name(key);
  if (!id) {
    return bad("a key is named by its id, k1, and a user by its own, 1");
  }
  return UsageOf{.kind = key.empty() ? UsageOf::Kind::kUser : UsageOf::Kind::kKey, .id = *id};
}

Result<Asked, Problem> asked_in(const httplib::Request& request) {
  for (const auto& [name, value] : request.params) {
    if (name != "key" && name != "user" && name != "for" && name != "step") {
      return bad("the query may have key or user, for and step");
    }
  }
  const auto of = owner_in(request);
  if (!of) {
    return fail_with(of.error());
  }
  const auto time = number_in_query(request, "for", kMinute, kLongest);
  const auto step = number_in_query(request, "step", kMinute, kLongestStep);
  for (const auto* const number : {&time, &step}) {
    if (!*number) {
      return fail_with(number->error());
    }
  }
  if (step->value_or(kMinute) % kMinute != 0) {
    return bad("?step= is a whole number of minutes, in seconds");
  }
  return Asked{.of = *of,
               .minutes = static_cast<std::int64_t>(time->value_or(kUsualTime) / kMinute),
               .step = static_cast<std::int64_t>(step->value_or(kMinute) / kMinute)};
}

json to_json(const UsageTotals& totals) {
  return {{"allowed", totals.allowed}, {"denied", totals.denied}};
}

std::string minute_text(std::int64_t minute) {
  return format_utc(WallTime{std::chrono::minutes{minute}});
}

/// Sums over steps that begin at whole multiples of the step since 1970 UTC: hours are hours.
json buckets_of(const std::vector<UsageMinute>& minutes, std::int64_t step, UsageTotals& total) {
  json buckets = json::array();
  std::int64_t begin = -1;
  UsageTotals sum;
  const auto finish = [&] {
    if (begin >= 0) {
      json bucket = {{"at", minute_text(begin)}};
      bucket.update(to_json(sum));
      buckets.push_back(std::move(bucket));
    }
  };
  for (const UsageMinute& minute : minutes) {
    const std::int64_t own = minute.minute - minute.minute % step;
    if (own != begin) {
      finish();
      begin = own;
      sum = {};
    }
    sum += minute.totals;
    total += minute.totals;
  }
  finish();
  return buckets;
}

}  // namespace

void UsageApi::mount(Server& server, const AdminGuard& guard) const {
  server.get("/admin/v1/usage", guard.protect([this](const Request& request, Response& response) {
    usage(request, response);
  }));
  server.get("/admin/v1/top", guard.protect([this](const Request& request, Response& response) {
    top(request, response);
  }));
}

void UsageApi::usage(const Request& request, Response& response) const {
  const auto asked = asked_in(request);
  if (!asked) {
    return answer(response, asked.error());
  }
  const UsageOf& of = asked->of;
  const bool of_key = of.kind == UsageOf::Kind::kKey;
  const auto refused = [&]() -> std::optional<DirectoryError> {
    if (of_key) {
      const auto key = parts_.directory.find_key(of.id);
      return key ? std::nullopt : std::optional(key.error());
    }
    const auto user = parts_.directory.find_user(of.id);
    return user ? std::nullopt : std::optional(user.error());
  }();
  if (refused) {
    return answer(response, *refused, parts_.log);
  }
  parts_.usage.write();  // so that what was asked for a moment ago is in it
  const auto now =
      std::chrono::floor<std::chrono::minutes>(parts_.clock.wall_now().time_since_epoch()).count();
  std::int64_t first = now - asked->minutes + 1;
  first -= first % asked->step;
  const auto minutes = parts_.usage.log().minutes(of, {.first = first, .last = now});
  const auto last = of_key ? parts_.usage.log().last_use(of.id)
                           : Result<std::optional<WallTime>>(std::optional<WallTime>());
  if (!minutes || !last) {
    return answer(response,
                  DirectoryError{.message = (minutes ? last.error() : minutes.error()).message},
                  parts_.log);
  }
  UsageTotals total;
  json buckets = buckets_of(*minutes, asked->step, total);
  answer_json(response, 200,
              {{"schema_version", 1},
               {"key_id", of_key ? json(key_name_of(of.id)) : json(nullptr)},
               {"user_id", of_key ? json(nullptr) : json(of.id)},
               {"since", minute_text(first)},
               {"step_seconds", asked->step * 60},
               {"last_used", *last ? json(format_utc(**last)) : json(nullptr)},
               {"total", to_json(total)},
               {"buckets", std::move(buckets)}});
}

void UsageApi::top(const Request& request, Response& response) const {
  for (const auto& [name, value] : request.params) {
    if (name != "limit") {
      return answer(response, {.status = 400, .title = {}, .detail = "the query may have limit"});
    }
  }
  const auto limit = number_in_query(request, "limit", 1, kMaxTop);
  if (!limit) {
    return answer(response, limit.error());
  }
  constexpr auto kSeconds = static_cast<double>(UsageRecorder::kRecent.count());
  json loudest = json::array();
  for (const RecentUsage& usage : parts_.usage.loudest(limit->value_or(kUsualTop))) {
    const auto denied = static_cast<double>(usage.totals.denied);
    const auto allowed = static_cast<double>(usage.totals.allowed);
    loudest.push_back(
        {{"key_id", usage.owner.key == 0 ? json(nullptr) : json(key_name_of(usage.owner.key))},
         {"user_id", usage.owner.user},
         {"requests_per_second", (allowed + denied) / kSeconds},
         {"denied_per_second", denied / kSeconds}});
  }
  answer_json(response, 200,
              {{"schema_version", 1},
               {"window_seconds", UsageRecorder::kRecent.count()},
               {"loudest", std::move(loudest)}});
}

}  // namespace rl::http
