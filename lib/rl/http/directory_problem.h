#pragma once

#include <httplib.h>

#include <optional>
#include <string>

#include "rl/base/log.h"
#include "rl/base/result.h"
#include "rl/config/policy.h"
#include "rl/http/admin_guard.h"
#include "rl/http/json_body.h"
#include "rl/http/problem.h"
#include "rl/identity/user_directory.h"

// What the endpoints on users, keys and the audit log share.
namespace rl::http {

/// Not found 404, conflict 409; a database that fails 503, and the log says why.
void answer(httplib::Response& response, const DirectoryError& error, const Log& log);

/// Writes a change that was made elsewhere into the audit log, with the time and who asked. The
/// change stands also when it cannot be written; the log says so.
void record_change(UserDirectory& directory, const Clock& clock, const Log& log,
                   const AdminRequest& request, AuditEntry entry);

/// The user that the path names. Failure: 404.
Result<std::uint64_t, Problem> user_id_in(const httplib::Request& request);

/// The key that the path names, as "k1". Failure: 404.
Result<std::uint64_t, Problem> key_id_in(const httplib::Request& request);

/// A whole number in the query, at most once, within [least, most]. Failure: 400.
Result<std::optional<std::uint64_t>, Problem> number_in_query(const httplib::Request& request,
                                                              const char* name, std::uint64_t least,
                                                              std::uint64_t most);

/// The page that ?after= and ?limit= ask for; of other parameters only those of `also` may be
/// there. Failure: 400.
Result<Page, Problem> page_in(const httplib::Request& request, std::string_view also = {});

/// A name for people: UTF-8 without control characters, and no blank at its ends.
std::optional<std::string> read_name(JsonBody& body, std::string_view member, std::size_t longest);

/// 422 with what was meant, unless the policy has the tier.
std::optional<Problem> unknown_tier(const Policy& policy, const std::string& tier);

}  // namespace rl::http
