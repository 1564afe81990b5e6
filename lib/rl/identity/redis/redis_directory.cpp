#include "rl/identity/redis/redis_directory.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "rl/identity/redis/fields.h"
#include "rl/identity/redis/redis_usage.h"
#include "rl/identity/redis/script.h"

namespace rl {
namespace {

using redis::Fields;
using redis::kDeadlineArgument;
using redis::kPiece;
using redis::Reply;
using redis::strange;
using redis::text_of;
using Kind = DirectoryError::Kind;

Failure<DirectoryError> failed(std::string why) {
  return fail_with(DirectoryError{.kind = Kind::kFailed, .message = std::move(why)});
}

/// What a change that may have been made all the same is told as.
Failure<DirectoryError> unknown(const std::string& why) {
  return fail_with(DirectoryError{.kind = Kind::kUnknown,
                                  .message = why,
                                  .hint = "look whether it was made before you repeat it"});
}

/// The value, unless the reply ended before it did.
template <class T>
DirectoryResult<T> whole(const Fields& fields, T value) {
  return fields.is_complete() ? DirectoryResult<T>(std::move(value)) : strange();
}

DirectoryResult<Fields> fields_of(const Reply& reply) {
  if (reply.kind == Reply::Kind::kError) {
    return failed("Redis: " + reply.text);
  }
  Fields fields(reply.elements);
  const std::string status = fields.text();
  if (status == "ok") {
    return fields;
  }
  if (status == "late") {
    return failed("Redis did not answer in time");
  }
  if (status != "not_found" && status != "conflict") {
    return strange();
  }
  DirectoryError error{.kind = status == "conflict" ? Kind::kConflict : Kind::kNotFound,
                       .message = {}};
  error.message = fields.text();
  error.hint = fields.text();
  error.entry = fields.number();
  return fail_with(std::move(error));
}

}  // namespace

RedisDirectory::RedisDirectory(Options options, const Clock& clock, const Log& log)
    : options_(std::move(options)),
      clock_(clock),
      pool_({.url = options_.url,
             .script = std::string(redis::kDirectoryScript) + redis::kUsageScript +
                       redis::kTransferScript},
            system_clock_),
      feed_({.url = options_.url, .prefix = options_.prefix, .trusted_for = options_.trusted_for},
            system_clock_, marks_, log) {}

RedisDirectory::~RedisDirectory() = default;

RedisDirectory::Answer RedisDirectory::run(std::string operation, Texts arguments, const Actor& by,
                                           WallTime at, Micros within) const {
  Texts all = {options_.prefix, std::move(operation), text_of(at), "0", by.name, by.origin};
  all.insert(all.end(), std::make_move_iterator(arguments.begin()),
             std::make_move_iterator(arguments.end()));
  const auto reply = pool_.call(std::move(all), kDeadlineArgument, system_clock_.now() + within);
  if (!reply) {
    return reply.error().sent ? unknown(reply.error().error.message)
                              : failed(reply.error().error.message);
  }
  return fields_of(*reply);
}

RedisDirectory::Answer RedisDirectory::look_up(std::string operation, Texts arguments) const {
  auto answer = run(std::move(operation), std::move(arguments), {.name = "", .origin = ""},
                    clock_.wall_now(), options_.lookup_deadline);
  if (!answer && answer.error().kind == Kind::kUnknown) {
    return failed(answer.error().message);  // there was nothing to be made
  }
  return answer;
}

RedisDirectory::Answer RedisDirectory::change(std::string operation, Texts arguments,
                                              const Actor& by) const {
  return run(std::move(operation), std::move(arguments), by, clock_.wall_now(),
             options_.change_deadline);
}

DirectoryResult<User> RedisDirectory::create_user(const NewUser& user, const Actor& by) {
  auto answer = change("create_user", {user.name, user.tier}, by);
  if (!answer) {
    return fail_with(answer.error());
  }
  User made = answer->user();
  return whole(*answer, std::move(made));
}

DirectoryResult<User> RedisDirectory::find_user(std::uint64_t id) const {
  auto answer = look_up("find_user", {std::to_string(id)});
  if (!answer) {
    return fail_with(answer.error());
  }
  User user = answer->user();
  return whole(*answer, std::move(user));
}

DirectoryResult<std::vector<User>> RedisDirectory::list_users(const Page& page) const {
  std::vector<User> users;
  std::uint64_t after = page.after;
  while (users.size() < page.limit) {
    const auto piece = std::min<std::size_t>(kPiece, page.limit - users.size());
    auto answer = look_up("list_users", {std::to_string(after), std::to_string(piece)});
    if (!answer) {
      return fail_with(answer.error());
    }
    const std::size_t before = users.size();
    while (!answer->at_end()) {
      users.push_back(answer->user());
    }
    if (!answer->is_complete()) {
      return strange();
    }
    if (users.size() - before < piece) {
      break;
    }
    after = users.back().id;
  }
  return users;
}

DirectoryResult<User> RedisDirectory::set_tier(std::uint64_t id, const std::string& tier,
                                               std::optional<std::uint64_t> expected_version,
                                               const Actor& by) {
  auto answer = change(
      "set_tier",
      {std::to_string(id), tier, expected_version ? std::to_string(*expected_version) : ""}, by);
  if (!answer) {
    return told<User>(fail_with(answer.error()), id);
  }
  User user = answer->user();
  return told(whole(*answer, std::move(user)), id);
}

DirectoryResult<User> RedisDirectory::delete_user(std::uint64_t id, const Actor& by) {
  auto answer = change("delete_user", {std::to_string(id)}, by);
  if (!answer) {
    return told<User>(fail_with(answer.error()), id);
  }
  User user = answer->user();
  return told(whole(*answer, std::move(user)), id);
}

std::unique_ptr<UsageLog> RedisDirectory::usage_log() {
  return std::make_unique<RedisUsage>(pool_, options_.prefix, options_.change_deadline);
}

DirectoryResult<void> RedisDirectory::record(const AuditEntry& entry) {
  return record_by("record", entry);
}

DirectoryResult<void> RedisDirectory::record_once(const AuditEntry& entry) {
  return record_by("record_once", entry);
}

DirectoryResult<void> RedisDirectory::record_by(std::string operation,
                                                const AuditEntry& entry) const {
  const auto answer =
      run(std::move(operation), {entry.action, entry.subject, entry.before, entry.after},
          {.name = entry.actor, .origin = entry.origin}, entry.at, options_.change_deadline);
  return answer ? DirectoryResult<void>() : fail_with(answer.error());
}

DirectoryResult<std::vector<AuditEntry>> RedisDirectory::audit(const AuditQuery& query) const {
  std::vector<AuditEntry> entries;
  std::uint64_t before = query.before;
  bool more = before > 1;
  // In pieces: with `since` there may be many that are not asked for.
  while (more && entries.size() < query.limit) {
    const std::string key = options_.prefix + "audit";
    const std::string end = fmt::format("{}-0", before - 1);
    const std::string_view words[] = {"XREVRANGE", key, end, "-", "COUNT", "1000"};
    const auto reply = pool_.command(words, system_clock_.now() + options_.change_deadline);
    if (!reply) {
      return failed(reply.error().error.message);
    }
    more = reply->elements.size() == 1000;
    for (const Reply& element : reply->elements) {
      // Its number, "N-0", and an array of names and values in the order in which they were
      // written.
      if (element.elements.size() != 2 || element.elements[1].elements.size() != 14) {
        return strange();
      }
      AuditEntry entry;
      entry.id = Fields({element.elements[0]}).number();
      before = entry.id;
      Fields fields(element.elements[1].elements);
      const auto value = [&fields] {
        fields.text();  // the name
        return fields.text();
      };
      fields.text();
      entry.at = fields.wall_time();
      entry.actor = value();
      entry.origin = value();
      entry.action = value();
      entry.subject = value();
      entry.before = value();
      entry.after = value();
      if (entry.at >= query.since && entries.size() < query.limit) {
        entries.push_back(std::move(entry));
      }
    }
  }
  return entries;
}

}  // namespace rl
