#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "rl/base/clock.h"
#include "rl/base/file.h"
#include "rl/base/log.h"
#include "rl/base/result.h"
#include "rl/config/diagnostic.h"
#include "rl/config/policy_diff.h"
#include "rl/config/policy_register.h"

namespace rl {

/// A policy that was put in force.
struct PolicyRevision {
  std::shared_ptr<const Policy> policy;
  WallTime at{};
  std::string cause;        ///< "start", "file changed", "apply by admin@127.0.0.1"
  std::size_t changes = 0;  ///< against the one before
};

/// What the tiers file says that is not in force, because of its faults.
struct RejectedFile {
  WallTime at{};
  Diagnostics diagnostics;
};

/// A change of the policy that was asked for.
struct PolicyAttempt {
  std::string cause;       ///< who or what asks, for log and history
  bool dry_run = false;    ///< only tell what would change
  bool overwrite = false;  ///< also a file that was changed and is not in force
};

/// What came of it.
struct PolicyUpdate {
  std::uint64_t before = 0;           ///< the version that was in force
  std::uint64_t version = 0;          ///< the version that is; the same when nothing was replaced
  std::vector<PolicyChange> changes;  ///< may be empty also for a new version: a comment changed
};

/// Why the policy stays as it is.
struct PolicyRefusal {
  enum class Kind {
    kInvalid,         ///< the text has faults: `diagnostics`
    kUnknownVersion,  ///< no revision of that number is kept
    kConflict,        ///< the file was changed meanwhile, or cannot be written
  };
  Kind kind = Kind::kInvalid;
  Error error = {};  ///< for all but kInvalid
  Diagnostics diagnostics = {};
};

/// The tiers file, which is the one truth about the policy: what is applied is written to it first,
/// and what others write to it is loaded. A text with faults changes nothing. Every step is logged.
/// Safe from several threads; a change waits for the one before it, and for the disk. Requests
/// decide by the register and never wait for this.
class TiersFile {
 public:
  using Outcome = Result<PolicyUpdate, PolicyRefusal>;

  /// How many revisions are kept, the one in force included.
  static constexpr std::size_t kRevisions = 32;

  struct Parts {
    PolicyRegister& policies;  ///< holds what was read from the file at the start
    const Clock& clock;
    const Log& log;
  };

  TiersFile(std::string path, const Parts& parts);

  /// Loads the file as it is now.
  Outcome reload(const PolicyAttempt& attempt);

  /// Checks the text, writes it to the file and puts it in force.
  Outcome apply(const std::string& text, const PolicyAttempt& attempt);

  /// Applies the text of an earlier revision, under a new version.
  Outcome roll_back(std::uint64_t version, const PolicyAttempt& attempt);

  /// Reloads when another file is at the path, or the file has been written to, and has been left
  /// alone since the last call. Follows symbolic links. To be called a few times a second. What it
  /// loaded, if it did.
  std::optional<PolicyUpdate> watch();

  /// From the oldest to the one in force.
  std::vector<PolicyRevision> history() const;

  /// Nothing while the file is what is in force.
  std::optional<RejectedFile> rejected() const;

  /// How often a file was loaded and how often refused since the start.
  struct Counts {
    std::uint64_t loaded = 0;
    std::uint64_t refused = 0;
  };
  Counts counts() const;

 private:
  Outcome reload_locked(const PolicyAttempt& attempt);
  Outcome apply_locked(const std::string& text, const PolicyAttempt& attempt);
  Outcome put(Policy policy, const PolicyAttempt& attempt);
  Failure<PolicyRefusal> refuse(Diagnostics diagnostics, const PolicyAttempt& attempt);
  std::optional<Error> conflict(const std::string& text) const;

  const std::string path_;
  const Parts parts_;

  mutable std::mutex mutex_;
  std::deque<PolicyRevision> revisions_;  // guarded by mutex_, as is what follows
  std::optional<RejectedFile> rejected_;
  Counts counts_;
  std::optional<FileStamp> loaded_;    ///< what was read last, whether it was good or not
  std::optional<FileStamp> settling_;  ///< what was seen last and may still be written to
};

}  // namespace rl
