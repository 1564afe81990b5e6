#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rl {

/// Who sends a request: what a credential leads to. `key_owner` and `user_owner` name the buckets
/// that its units are counted in (BucketId::owner).
struct Caller {
  std::uint64_t user_id = 0;  ///< 1, 2, 3 …; 0 for an anonymous caller
  std::string user_name;
  std::string key_id;  ///< names the key without revealing it; empty for an anonymous caller
  std::string tier;
  std::string key_owner;
  std::string user_owner;
  std::uint64_t key_number = 0;  ///< the id of the key in its directory; 0: it is in none
};

/// The name of an owner: the prefix and the id, cut to what a bucket can hold. An id that is too
/// long is replaced by "#" and the beginning of its SHA-256; so is one that begins with "#".
std::string owner_name(std::string_view prefix, std::string_view id);

/// A caller without a key, told apart by an id that it names itself.
Caller anonymous_caller(std::string_view id, std::string_view tier);

}  // namespace rl
