#include "rl/http/transfer_api.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "rl/http/directory_problem.h"
#include "rl/http/entry_lines.h"

namespace rl::http {
namespace {

using json = nlohmann::ordered_json;

constexpr char kLines[] = "application/x-ndjson";
constexpr std::size_t kMaxToldTiers = 10;

/// A fault of one line of a file.
Problem at_line(std::uint64_t line, Problem problem) {
  problem.detail = fmt::format("line {}: {}", line, problem.detail);
  problem.members["line"] = line;
  return problem;
}

Result<std::vector<Entry>, Problem> entries_in(const std::string& text, std::uint64_t first_line) {
  std::vector<Entry> entries;
  for (std::size_t at = 0; at < text.size();) {
    const std::uint64_t line = first_line + entries.size();
    if (entries.size() == kMaxImport) {
      return fail_with(at_line(
          line, {.status = 422, .title = {}, .detail = "one import takes at most 1000 lines"}));
    }
    const std::size_t end = std::min(text.find('\n', at), text.size());
    auto entry = parse_entry(text.substr(at, end - at));
    if (!entry) {
      return fail_with(at_line(line, std::move(entry).error()));
    }
    entries.push_back(*std::move(entry));
    at = end + 1;
  }
  return entries;
}

/// Their users and keys get the default tier; that is no reason to refuse them.
json tiers_unknown_to(const Policy& policy, const std::vector<Entry>& entries) {
  std::set<std::string> unknown;
  for (const Entry& entry : entries) {
    const auto* const user = std::get_if<User>(&entry);
    const auto* const key = std::get_if<ApiKey>(&entry);
    const std::string tier = user != nullptr  ? user->tier
                             : key != nullptr ? key->tier.value_or("")
                                              : "";
    if (!tier.empty() && policy.find_tier(tier) == nullptr && unknown.size() < kMaxToldTiers) {
      unknown.insert(tier);
    }
  }
  return unknown;
}

}  // namespace

void TransferApi::mount(Server& server, const AdminGuard& guard) const {
  server.get("/admin/v1/export",
             guard.protect(AdminRole::kAdmin, [this](const Request& request, Response& response) {
               give(request, response);
             }));
  server.post("/admin/v1/import", guard.protect([this](const Request& request, Response& response) {
    take(request, response);
  }));
}

DirectoryResult<std::string> TransferApi::lines_of(std::string_view part, const Page& page) const {
  std::string lines;
  if (part == "ids") {
    const auto ids = parts_.directory.last_ids();
    return ids ? DirectoryResult<std::string>(to_line(*ids)) : fail_with(ids.error());
  }
  if (part == "users") {
    const auto users = parts_.directory.list_users(page);
    if (!users) {
      return fail_with(users.error());
    }
    for (const User& user : *users) {
      lines += to_line(user);
    }
    return lines;
  }
  auto keys = parts_.directory.list_keys(std::nullopt, page);
  if (!keys) {
    return fail_with(keys.error());
  }
  if (keys->empty()) {
    return lines;
  }
  const auto secrets = parts_.directory.list_secrets(keys->front().id, keys->back().id);
  if (!secrets) {
    return fail_with(secrets.error());
  }
  auto secret = secrets->begin();
  for (ApiKey& key : *keys) {
    key.secrets.clear();  // they follow with their digests
    lines += to_line(key);
    for (; secret != secrets->end() && secret->key_id <= key.id; ++secret) {
      // Of a key that was made after the keys were read, the page that has it has its secrets.
      lines += secret->key_id == key.id ? to_line(*secret) : "";
    }
  }
  return lines;
}

void TransferApi::give(const Request& request, Response& response) const {
  const auto page = page_in(request, "part");
  if (!page) {
    return answer(response, page.error());
  }
  const std::string part = request.get_param_value("part");
  if (request.get_param_value_count("part") != 1 ||
      (part != "ids" && part != "users" && part != "keys")) {
    return answer(
        response,
        {.status = 400, .title = {}, .detail = "?part= is given once: ids, users or keys"});
  }
  auto lines = lines_of(part, *page);
  if (!lines) {
    return answer(response, lines.error(), parts_.log);
  }
  response.set_header("Cache-Control", "no-store");
  response.set_content(*std::move(lines), kLines);
}

void TransferApi::take(const Request& request, Response& response) const {
  const auto first_line = number_in_query(request, "line", 1, INT64_MAX);
  if (!first_line) {
    return answer(response, first_line.error());
  }
  const std::uint64_t line = first_line->value_or(1);
  const auto entries = entries_in(request.body, line);
  if (!entries) {
    return answer(response, entries.error());
  }
  const auto done = parts_.directory.import(*entries, actor_of(request));
  if (!done) {
    DirectoryError error = done.error();
    if (error.kind == DirectoryError::Kind::kConflict) {
      error.message = fmt::format("line {}: {}", line + error.entry, error.message);
    }
    return answer(response, error, parts_.log);
  }
  parts_.log.info(
      "users imported",
      {{"made", done->made}, {"unchanged", done->unchanged}, {"by", admin_name(request)}});
  answer_json(response, 200,
              {{"schema_version", 1},
               {"made", done->made},
               {"unchanged", done->unchanged},
               {"unknown_tiers", tiers_unknown_to(*parts_.policies.snapshot(), *entries)}});
}

}  // namespace rl::http
