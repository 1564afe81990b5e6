#include "rl/identity/redis/redis_usage.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "rl/identity/redis/fields.h"

namespace rl {
namespace {

using redis::Fields;
using redis::kDeadlineArgument;
using redis::Reply;

constexpr std::int64_t kHoursOfPiece = 24;  // so that no call holds up Redis for long

std::string owner_of(const UsageOf& of) {
  return fmt::format("{}{}", of.kind == UsageOf::Kind::kKey ? 'k' : 'u', of.id);
}

void add_arguments(std::vector<std::string>& arguments, const std::string& owner,
                   const UsageCount& count) {
  arguments.insert(arguments.end(),
                   {owner, std::to_string(count.minute), std::to_string(count.totals.allowed),
                    std::to_string(count.totals.denied), redis::text_of(count.last)});
}

Failure<UsageFailure> failed(std::string why, bool repeat) {
  return fail_with(UsageFailure{.repeat = repeat, .error = {.message = std::move(why)}});
}

}  // namespace

Result<std::vector<Reply>, UsageFailure> RedisUsage::run(const std::string& operation,
                                                         std::vector<std::string> arguments) const {
  std::vector<std::string> all = {prefix_, operation, "0", "0", "", ""};
  all.insert(all.end(), std::make_move_iterator(arguments.begin()),
             std::make_move_iterator(arguments.end()));
  auto reply = pool_.call(std::move(all), kDeadlineArgument, clock_.now() + within_);
  if (!reply) {
    return failed(reply.error().error.message, !reply.error().sent);
  }
  if (reply->elements.empty() || reply->elements.front().text != "ok") {
    return failed(reply->kind == Reply::Kind::kError ? "Redis: " + reply->text
                                                     : "Redis did not answer in time",
                  true);
  }
  return std::vector<Reply>(std::next(reply->elements.begin()), reply->elements.end());
}

/// One call, so that it is all or nothing; the recorder gives no more at a time than one may hold.
Result<void, UsageFailure> RedisUsage::add(const std::vector<UsageCount>& counts, WallTime) {
  std::vector<std::string> arguments;
  for (const UsageCount& count : counts) {
    if (count.owner.key != 0) {
      add_arguments(arguments, owner_of({.kind = UsageOf::Kind::kKey, .id = count.owner.key}),
                    count);
    }
  }
  for (const UsageCount& count : by_user(counts)) {
    add_arguments(arguments, owner_of({.kind = UsageOf::Kind::kUser, .id = count.owner.user}),
                  count);
  }
  if (arguments.empty()) {
    return {};
  }
  const auto done = run("add_usage", std::move(arguments));
  return done ? Result<void, UsageFailure>() : fail_with(done.error());
}

Result<std::vector<UsageMinute>> RedisUsage::minutes(const UsageOf& of,
                                                     const MinuteRange& range) const {
  std::vector<UsageMinute> minutes;
  for (std::int64_t hour = range.first / 60; hour <= range.last / 60; hour += kHoursOfPiece) {
    const std::int64_t last = std::min(hour + kHoursOfPiece - 1, range.last / 60);
    auto reply = run("usage", {owner_of(of), std::to_string(hour), std::to_string(last)});
    if (!reply) {
      return fail_with(reply.error().error);
    }
    Fields fields(*std::move(reply));
    while (!fields.at_end()) {
      UsageMinute minute;
      minute.minute = static_cast<std::int64_t>(fields.number());
      minute.totals.allowed = fields.number();
      minute.totals.denied = fields.number();
      if (minute.minute >= range.first && minute.minute <= range.last) {
        minutes.push_back(minute);
      }
    }
  }
  return minutes;
}

Result<std::optional<WallTime>> RedisUsage::last_use(std::uint64_t key_id) const {
  auto reply = run("last_use", {std::to_string(key_id)});
  if (!reply) {
    return fail_with(reply.error().error);
  }
  return Fields(*std::move(reply)).maybe_time();
}

}  // namespace rl
