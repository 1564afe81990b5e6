#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rl/identity/entry.h"
#include "rl/identity/user_directory.h"
#include "rl/redis/link.h"

namespace rl::redis {

/// Which argument of every script is the deadline, from 0.
inline constexpr std::size_t kDeadlineArgument = 3;

/// Users, keys or secrets of one call: a page is read in pieces, so that none holds up Redis for
/// long.
inline constexpr std::uint32_t kPiece = 100;

/// What a reply is told as that no script of ours gives.
Failure<DirectoryError> strange();

/// Reads the texts of a reply of directory.lua one after the other. A reply that ends too early
/// gives empty texts and zeros from there on, which is_complete() tells.
class Fields {
 public:
  explicit Fields(std::vector<Reply> elements) : elements_(std::move(elements)) {}

  bool at_end() const { return next_ >= elements_.size(); }
  bool is_complete() const { return complete_; }

  std::string text();
  std::uint64_t number();
  WallTime wall_time();
  std::optional<WallTime> maybe_time();
  std::optional<std::string> maybe_text();

  User user();
  ApiKey key();                                   ///< with its secrets
  StoredSecret secret(std::uint64_t of_key = 0);  ///< 0: the key is the first text

 private:
  std::vector<Reply> elements_;
  std::size_t next_ = 0;
  bool complete_ = true;
};

// The same in the other direction.
std::string text_of(WallTime time);
std::string text_of(const std::optional<WallTime>& time);

}  // namespace rl::redis
