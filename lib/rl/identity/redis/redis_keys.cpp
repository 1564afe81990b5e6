// The keys of RedisDirectory, and what it exchanges with other directories.
#include <algorithm>
#include <utility>

#include "rl/identity/redis/fields.h"
#include "rl/identity/redis/redis_directory.h"

namespace rl {
namespace {

using redis::Fields;
using redis::kPiece;
using redis::strange;
using redis::text_of;
using Kind = DirectoryError::Kind;

DirectoryResult<ApiKey> key_in(DirectoryResult<Fields> answer) {
  if (!answer) {
    return fail_with(answer.error());
  }
  ApiKey key = answer->key();
  return answer->is_complete() ? DirectoryResult<ApiKey>(std::move(key)) : strange();
}

std::optional<WallTime> earlier(std::optional<WallTime> a, std::optional<WallTime> b) {
  if (a && b) {
    return std::min(*a, *b);
  }
  return a ? a : b;
}

/// What transfer.lua takes for each kind of entry.
struct ImportArguments {
  std::vector<std::string>& texts;

  void operator()(const LastIds& ids) const {
    add({"ids", std::to_string(ids.user), std::to_string(ids.key)});
  }
  void operator()(const User& user) const {
    add({"user", std::to_string(user.id), user.name, user.tier, std::to_string(user.version),
         text_of(user.created)});
  }
  void operator()(const ApiKey& key) const {
    add({"key", std::to_string(key.id), std::to_string(key.user_id), key.name,
         key.tier.value_or(""), text_of(key.created), text_of(key.expires_at),
         text_of(key.revoked_at)});
  }
  void operator()(const StoredSecret& secret) const {
    add({"secret", std::to_string(secret.key_id), to_hex(secret.digest), secret.record.prefix,
         secret.record.last_four, text_of(secret.record.created),
         text_of(secret.record.expires_at)});
  }

 private:
  void add(std::initializer_list<std::string> more) const {
    texts.insert(texts.end(), more.begin(), more.end());
  }
};

}  // namespace

DirectoryResult<ApiKey> RedisDirectory::create_key(const NewKey& key, const Actor& by) {
  auto made = key_in(
      change("create_key",
             {std::to_string(key.user_id), key.name, key.tier.value_or(""), text_of(key.expires_at),
              to_hex(key.digest), key.hint.prefix, key.hint.last_four},
             by));
  if (made || made.error().kind == Kind::kUnknown) {
    marks_.digest_changed(key.digest);
  }
  return made;
}

DirectoryResult<ApiKey> RedisDirectory::find_key(std::uint64_t id) const {
  return key_in(look_up("find_key", {std::to_string(id)}));
}

DirectoryResult<std::vector<ApiKey>> RedisDirectory::list_keys(std::optional<std::uint64_t> user_id,
                                                               const Page& page) const {
  std::vector<ApiKey> keys;
  const std::string of = user_id ? std::to_string(*user_id) : "";
  std::uint64_t after = page.after;
  while (keys.size() < page.limit) {
    const auto piece = std::min<std::size_t>(kPiece, page.limit - keys.size());
    auto answer = look_up("list_keys", {of, std::to_string(after), std::to_string(piece)});
    if (!answer) {
      return fail_with(answer.error());
    }
    const std::size_t before = keys.size();
    while (!answer->at_end()) {
      keys.push_back(answer->key());
    }
    if (!answer->is_complete()) {
      return strange();
    }
    if (keys.size() - before < piece) {
      break;
    }
    after = keys.back().id;
  }
  return keys;
}

DirectoryResult<ApiKey> RedisDirectory::revoke_key(std::uint64_t id, const Actor& by) {
  auto revoked = key_in(change("revoke_key", {std::to_string(id)}, by));
  return told(revoked, revoked ? revoked->user_id : 0);
}

DirectoryResult<ApiKey> RedisDirectory::rotate_key(std::uint64_t id, const Rotation& rotation,
                                                   const Actor& by) {
  auto rotated =
      key_in(change("rotate_key",
                    {std::to_string(id), std::to_string(rotation.grace.count()),
                     to_hex(rotation.digest), rotation.hint.prefix, rotation.hint.last_four},
                    by));
  if (rotated) {
    marks_.digest_changed(rotation.digest);
  }
  return told(rotated, rotated ? rotated->user_id : 0);
}

DirectoryResult<std::optional<KeyMatch>> RedisDirectory::match(const Digest& digest) const {
  auto answer = look_up("match", {to_hex(digest)});
  if (!answer) {
    return fail_with(answer.error());
  }
  if (answer->at_end()) {
    return std::optional<KeyMatch>();
  }
  KeyMatch match{.digest = digest, .user_name = {}, .tier = {}, .valid_until = {}};
  match.key_id = answer->number();
  match.user_id = answer->number();
  match.user_name = answer->text();
  match.tier = answer->text();
  const auto key_ends = answer->maybe_time();
  match.valid_until = earlier(key_ends, answer->maybe_time());
  if (!answer->is_complete()) {
    return strange();
  }
  return std::optional(std::move(match));
}

DirectoryResult<LastIds> RedisDirectory::last_ids() const {
  auto answer = look_up("last_ids", {});
  if (!answer) {
    return fail_with(answer.error());
  }
  LastIds ids;
  ids.user = answer->number();
  ids.key = answer->number();
  return answer->is_complete() ? DirectoryResult<LastIds>(ids) : strange();
}

DirectoryResult<std::vector<StoredSecret>> RedisDirectory::list_secrets(std::uint64_t first,
                                                                        std::uint64_t last) const {
  std::vector<StoredSecret> secrets;
  std::string from = std::to_string(first);
  while (!from.empty()) {
    auto answer = look_up("list_secrets", {from, std::to_string(last), std::to_string(kPiece)});
    if (!answer) {
      return fail_with(answer.error());
    }
    const std::string reached = answer->text();
    from = reached.empty() ? "" : "(" + reached;
    while (!answer->at_end()) {
      secrets.push_back(answer->secret());
    }
    if (!answer->is_complete()) {
      return strange();
    }
  }
  return secrets;
}

DirectoryResult<ImportCounts> RedisDirectory::import(const std::vector<Entry>& entries,
                                                     const Actor& by) {
  Texts arguments;
  for (const Entry& entry : entries) {
    std::visit(ImportArguments{arguments}, entry);
  }
  auto answer = change("import", std::move(arguments), by);
  if (!answer) {
    return fail_with(answer.error());
  }
  ImportCounts counts;
  counts.made = answer->number();
  counts.unchanged = answer->number();
  for (const Entry& entry : entries) {
    if (const auto* const secret = std::get_if<StoredSecret>(&entry)) {
      marks_.digest_changed(secret->digest);
    }
  }
  return answer->is_complete() ? DirectoryResult<ImportCounts>(counts) : strange();
}

}  // namespace rl
