#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rl/base/clock.h"
#include "rl/identity/api_key.h"
#include "rl/identity/digest.h"

namespace rl {

/// An account.
struct User {
  std::uint64_t id = 0;  ///< 1, 2, 3 …; never given twice
  std::string name;      ///< unique
  std::string tier;
  std::uint64_t version = 1;  ///< rises with every change
  WallTime created{};

  bool operator==(const User&) const = default;
};

/// What is kept of the secret of a key: never the secret.
struct SecretRecord {
  std::string prefix;
  std::string last_four;
  WallTime created{};
  std::optional<WallTime> expires_at = {};  ///< of one that was replaced: the end of its grace

  bool operator==(const SecretRecord&) const = default;
};

/// A key of a user. Rotation gives it another secret; it stays the same key, so that neither its
/// quota nor its usage starts anew.
struct ApiKey {
  std::uint64_t id = 0;  ///< 1, 2, 3 …; never given twice
  std::uint64_t user_id = 0;
  std::string name;                 ///< unique among the user's keys that are not revoked, or empty
  std::optional<std::string> tier;  ///< in place of the user's
  WallTime created{};
  std::optional<WallTime> expires_at;
  std::optional<WallTime> revoked_at;
  std::vector<SecretRecord> secrets;  ///< the newest first; those that still work

  bool operator==(const ApiKey&) const = default;
};

/// What a secret leads to. Whether it works at some time is for valid_until to say.
struct KeyMatch {
  Digest digest{};
  std::uint64_t key_id = 0;
  std::uint64_t user_id = 0;
  std::string user_name;
  std::string tier;
  std::optional<WallTime> valid_until;  ///< the earlier of both expiries; nothing: for ever
};

/// Who makes a change.
struct Actor {
  std::string name;    ///< "admin"
  std::string origin;  ///< the address it came from; may be empty
};

struct NewUser {
  std::string name;
  std::string tier;
};

struct NewKey {
  std::uint64_t user_id = 0;
  std::string name = {};
  std::optional<std::string> tier = {};
  std::optional<WallTime> expires_at = {};
  Digest digest{};  ///< of its secret
  ApiKeyHint hint = {};
};

/// A key's next secret, and how long the ones before it still work.
struct Rotation {
  Micros grace{};
  Digest digest{};
  ApiKeyHint hint = {};
};

/// A piece of a list in the order of the ids: at most `limit` entries after that id.
struct Page {
  std::uint64_t after = 0;
  std::uint32_t limit = 100;
};

/// Longest names, in bytes.
inline constexpr std::size_t kLongestUserName = 128;
inline constexpr std::size_t kLongestKeyName = 64;

/// The most keys of one user that are not revoked, and the most secrets of one key that work.
inline constexpr std::size_t kMaxKeysOfUser = 100;
inline constexpr std::size_t kMaxSecretsOfKey = 5;

/// The most entries of one page.
inline constexpr std::uint32_t kMaxPage = 1000;

/// "k12": how a key is named outside, so that nobody takes it for a user's id.
std::string key_name_of(std::uint64_t id);

/// Reads "k12"; nothing when the text is anything else.
std::optional<std::uint64_t> parse_key_name(std::string_view text);

/// Reads the id of a user: digits, from 1, without sign or leading zero.
std::optional<std::uint64_t> parse_id(std::string_view text);

}  // namespace rl
