#pragma once

#include <functional>
#include <memory>

#include "rl/base/manual_clock.h"
#include "rl/identity/user_directory.h"

namespace rl::test {

using MakeDirectory = std::function<std::unique_ptr<UserDirectory>(const Clock& clock)>;

/// What every directory of users and keys must do, whatever it is made of. Each function holds
/// doctest assertions.
namespace contract {

void users(const MakeDirectory& make);     ///< ids, names, tiers, versions, pages, deletion
void keys(const MakeDirectory& make);      ///< several per user, names, tiers, expiry, bounds
void rotation(const MakeDirectory& make);  ///< grace, and what works when
void revocation(const MakeDirectory& make);
void audit_log(const MakeDirectory& make);     ///< a line for each change, none for a refused one
void hostile_text(const MakeDirectory& make);  ///< names that would mean something to a database
void marks(const MakeDirectory& make);         ///< which changes caches are told of

/// What one directory exports another takes over, ids and digests and all.
void moving(const MakeDirectory& make);

/// What an import refuses, and that nothing of it is left then.
void refused_imports(const MakeDirectory& make);

void usage(const MakeDirectory& make);  ///< minutes of keys and users, and the last use

/// `threads` threads create users at once: every id once, without a gap.
void many_writers(const MakeDirectory& make, int threads);

}  // namespace contract
}  // namespace rl::test
