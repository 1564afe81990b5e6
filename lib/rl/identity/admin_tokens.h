#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "rl/base/result.h"
#include "rl/identity/digest.h"

namespace rl {

/// What the bearer of an admin token may do; each may also do what those before it may.
enum class AdminRole : std::uint8_t {
  kRead,     ///< look at everything, change nothing
  kOperate,  ///< set the health
  kAdmin,    ///< everything
};

std::string_view to_string(AdminRole role);  ///< "read", "operate", "admin"

/// One token, of which only the digest is kept.
struct AdminToken {
  std::string name;  ///< of who has it, for the audit log; several tokens may have the same
  AdminRole role = AdminRole::kAdmin;
  Digest digest{};
};

/// The tokens that open the admin API, several at a time so that one can be replaced while the old
/// one still works. Immutable.
class AdminTokens {
 public:
  /// The most tokens there can be: each request is compared with all.
  static constexpr std::size_t kMost = 64;

  /// No token: nobody is let in.
  AdminTokens() = default;
  explicit AdminTokens(std::vector<AdminToken> tokens) : tokens_(std::move(tokens)) {}

  /// Reads lines of NAME ROLE TOKEN, or of a TOKEN alone, which is of "admin" with that role. Empty
  /// lines, and those that begin with "#", do not count. A token has 16 to 256 visible ASCII
  /// characters. Fails, naming `where` and the line but never a token, when a line is anything
  /// else, when a token occurs twice, and when there is none.
  static Result<AdminTokens> parse(std::string_view text, std::string_view where);

  /// The token that was offered; nullptr when there is none such. Compares digests, in constant
  /// time, with all of them whichever it is.
  const AdminToken* find(std::string_view offered) const;

  std::size_t size() const { return tokens_.size(); }

 private:
  std::vector<AdminToken> tokens_;
};

/// Holds the tokens in force; a reader takes a snapshot. Safe from several threads.
class AdminTokenRegister {
 public:
  explicit AdminTokenRegister(AdminTokens tokens) { install(std::move(tokens)); }

  std::shared_ptr<const AdminTokens> snapshot() const {
    const std::lock_guard lock(mutex_);
    return tokens_;
  }

  void install(AdminTokens tokens) {
    auto fresh = std::make_shared<const AdminTokens>(std::move(tokens));
    const std::lock_guard lock(mutex_);
    tokens_.swap(fresh);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const AdminTokens> tokens_;  // guarded by mutex_
};

}  // namespace rl
