#include "rl/identity/directory_identity.h"

#include <utility>

#include "rl/identity/api_key.h"

namespace rl {
namespace {

std::string user_owner_of(std::uint64_t id) {
  return owner_name("u:", std::to_string(id));
}

}  // namespace

Caller caller_of(const KeyMatch& match) {
  const std::string key_id = key_name_of(match.key_id);
  return {.user_id = match.user_id,
          .user_name = match.user_name,
          .key_id = key_id,
          .tier = match.tier,
          .key_owner = owner_name("k:", key_id),
          .user_owner = user_owner_of(match.user_id),
          .key_number = match.key_id};
}

CallerLookup DirectoryIdentity::find_key(std::string_view key) const {
  if (!is_api_key(key)) {
    return std::optional<Caller>();
  }
  const Digest digest = sha256(key);
  auto entry = remembered(digest);
  if (!entry) {
    auto fresh = read(digest);
    if (!fresh) {
      return fail_with(fresh.error());
    }
    entry = std::move(*fresh);
  }
  const bool ended = entry->valid_until && *entry->valid_until <= clock_.wall_now();
  if (entry->caller == nullptr || ended) {
    return std::optional<Caller>();
  }
  return std::optional(*entry->caller);
}

std::optional<CachedKey> DirectoryIdentity::remembered(const Digest& digest) const {
  const ChangeMarks& marks = directory_.marks();
  if (auto entry = known_.find(digest); entry && entry->mark == marks.of_user(entry->user_id)) {
    return entry;
  }
  if (auto entry = unknown_.find(digest); entry && entry->mark == marks.of_digest(digest)) {
    return entry;
  }
  return std::nullopt;
}

Result<CachedKey> DirectoryIdentity::read(const Digest& digest) const {
  const ChangeMarks& marks = directory_.marks();
  const std::uint64_t changes = marks.all();
  const auto match = directory_.match(digest);
  if (!match) {
    return fail(match.error().message, match.error().hint);
  }
  const bool found = match->has_value() && equal_digests((*match)->digest, digest);
  CachedKey entry;
  if (found) {
    entry = {.caller = std::make_shared<const Caller>(caller_of(**match)),
             .user_id = (*match)->user_id,
             .valid_until = (*match)->valid_until,
             .mark = marks.of_user((*match)->user_id)};
  } else {
    entry.mark = marks.of_digest(digest);
  }
  if (marks.all() == changes) {  // else what was read may be older than its mark
    (found ? known_ : unknown_).put(digest, entry);
  }
  return entry;
}

CallerLookup DirectoryIdentity::find_user(std::uint64_t id) const {
  const auto user = directory_.find_user(id);
  if (!user) {
    if (user.error().kind == DirectoryError::Kind::kNotFound) {
      return std::optional<Caller>();
    }
    return fail(user.error().message, user.error().hint);
  }
  const std::string owner = user_owner_of(id);
  return std::optional(Caller{.user_id = id,
                              .user_name = user->name,
                              .key_id = {},
                              .tier = user->tier,
                              .key_owner = owner,
                              .user_owner = owner});
}

}  // namespace rl
