#pragma once

#include <cstddef>

#include "rl/identity/caller_cache.h"
#include "rl/identity/identity.h"
#include "rl/identity/user_directory.h"

namespace rl {

/// The users of a directory, with a bounded cache in front: keys that are there, and apart from
/// them, so that they cannot be pushed out, keys that are not. What the directory changes counts
/// from the next lookup on; an expiry and the end of a grace are looked at each time. A text that
/// is no key by its check digits never gets to the directory. Safe from several threads. What it
/// is given outlives it.
class DirectoryIdentity final : public Identity {
 public:
  struct Options {
    std::size_t known_keys = 65'536;   ///< remembered; about 400 bytes each
    std::size_t unknown_keys = 8'192;  ///< the same
  };

  DirectoryIdentity(const UserDirectory& directory, const Clock& clock)
      : DirectoryIdentity(directory, clock, Options()) {}
  DirectoryIdentity(const UserDirectory& directory, const Clock& clock, const Options& options)
      : directory_(directory),
        clock_(clock),
        known_(options.known_keys),
        unknown_(options.unknown_keys) {}

  CallerLookup find_key(std::string_view key) const override;

  /// Counted as the user's own: what is recorded for the user without a key.
  CallerLookup find_user(std::uint64_t id) const override;

 private:
  /// What the caches still know of the digest.
  std::optional<CachedKey> remembered(const Digest& digest) const;
  Result<CachedKey> read(const Digest& digest) const;

  const UserDirectory& directory_;
  const Clock& clock_;
  mutable CallerCache known_;
  mutable CallerCache unknown_;
};

/// The caller of a key, with the names of its buckets: they belong to the key and to the user,
/// whatever the secret.
Caller caller_of(const KeyMatch& match);

}  // namespace rl
