#pragma once

#include <cstdint>
#include <variant>

#include "rl/identity/user_records.h"

namespace rl {

// What moves from one directory to another: every id stays, and no secret is in it.

/// The highest ids that a directory ever gave, those of deleted users among them: they are not
/// given again in another directory either.
struct LastIds {
  std::uint64_t user = 0;
  std::uint64_t key = 0;

  bool operator==(const LastIds&) const = default;
};

/// A secret that works, by its digest.
struct StoredSecret {
  std::uint64_t key_id = 0;
  Digest digest{};
  SecretRecord record;

  bool operator==(const StoredSecret&) const = default;
};

/// One piece of a directory. A key is without its secrets, which are pieces of their own after it.
using Entry = std::variant<LastIds, User, ApiKey, StoredSecret>;

/// What an import did.
struct ImportCounts {
  std::uint64_t made = 0;
  std::uint64_t unchanged = 0;  ///< it was there already, and the same

  bool operator==(const ImportCounts&) const = default;
};

/// The most entries of one import.
inline constexpr std::size_t kMaxImport = 1000;

/// The highest id that can be imported: the last that a double, and so every reader of JSON, holds
/// exactly.
inline constexpr std::uint64_t kMaxId = (std::uint64_t{1} << 53U) - 1;

}  // namespace rl
