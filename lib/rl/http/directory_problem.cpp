#include "rl/http/directory_problem.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "rl/config/names.h"

namespace rl::http {
namespace {

Failure<Problem> refuse(int status, std::string detail) {
  return fail_with(Problem{.status = status, .title = {}, .detail = std::move(detail)});
}

bool is_plain_name(std::string_view name) {
  const bool blank_ends = name.starts_with(' ') || name.ends_with(' ');
  return !name.empty() && !blank_ends && std::none_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

}  // namespace

void answer(httplib::Response& response, const DirectoryError& error, const Log& log) {
  using Kind = DirectoryError::Kind;
  if (error.kind == Kind::kFailed || error.kind == Kind::kUnknown) {
    log.error("the users cannot be read or changed", {{"why", error.message}});
    return answer(response,
                  {.status = 503,
                   .title = {},
                   .detail = error.kind == Kind::kFailed
                                 ? "the users cannot be read or changed now; nothing was changed"
                                 : "the users cannot be reached now; look whether the change was "
                                   "made before you repeat it"});
  }
  Problem problem{
      .status = error.kind == Kind::kNotFound ? 404 : 409, .title = {}, .detail = error.message};
  if (!error.hint.empty()) {
    problem.members["hint"] = error.hint;
  }
  answer(response, problem);
}

void record_change(UserDirectory& directory, const Clock& clock, const Log& log,
                   const AdminRequest& request, AuditEntry entry) {
  Actor actor = actor_of(request);
  entry.at = clock.wall_now();
  entry.actor = std::move(actor.name);
  entry.origin = std::move(actor.origin);
  if (const auto written = directory.record(entry); !written) {
    log.error("a change is missing in the audit log",
              {{"action", entry.action}, {"why", written.error().message}});
  }
}

Result<std::uint64_t, Problem> user_id_in(const httplib::Request& request) {
  const auto id = parse_id(request.matches[1].str());
  if (!id) {
    return refuse(404, "a user is named by its id: 1, 2, 3 and so on");
  }
  return *id;
}

Result<std::uint64_t, Problem> key_id_in(const httplib::Request& request) {
  const auto id = parse_key_name(request.matches[1].str());
  if (!id) {
    return refuse(404, "a key is named by its id: k1, k2, k3 and so on");
  }
  return *id;
}

Result<std::optional<std::uint64_t>, Problem> number_in_query(const httplib::Request& request,
                                                              const char* name, std::uint64_t least,
                                                              std::uint64_t most) {
  if (!request.has_param(name)) {
    return std::optional<std::uint64_t>();
  }
  const std::string text = request.get_param_value(name);
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || rest != end || number < least || number > most ||
      request.get_param_value_count(name) > 1) {
    return refuse(
        400, fmt::format("?{}= is given once, a whole number from {} to {}", name, least, most));
  }
  return std::optional(number);
}

Result<Page, Problem> page_in(const httplib::Request& request, std::string_view also) {
  for (const auto& [name, value] : request.params) {
    if (name != "after" && name != "limit" && name != also) {
      return refuse(400, also.empty()
                             ? "the query may have after and limit"
                             : fmt::format("the query may have {}, after and limit", also));
    }
  }
  const auto after = number_in_query(request, "after", 0, INT64_MAX);
  if (!after) {
    return fail_with(after.error());
  }
  const auto limit = number_in_query(request, "limit", 1, kMaxPage);
  if (!limit) {
    return fail_with(limit.error());
  }
  Page page;
  page.after = after->value_or(page.after);
  page.limit = static_cast<std::uint32_t>(limit->value_or(page.limit));
  return page;
}

std::optional<std::string> read_name(JsonBody& body, std::string_view member, std::size_t longest) {
  auto name = body.text(member, longest);
  if (name && !is_plain_name(*name)) {
    body.reject(fmt::format(
        "\"{}\" has at least one character, no blank at its ends and no control characters",
        member));
  }
  return name;
}

std::optional<Problem> unknown_tier(const Policy& policy, const std::string& tier) {
  if (policy.find_tier(tier) != nullptr) {
    return std::nullopt;
  }
  std::vector<std::string> names;
  for (const Tier& known : policy.tiers) {
    names.push_back(known.name);
  }
  Problem problem{
      .status = 422,
      .title = {},
      .detail = fmt::format("there is no tier {} in policy v{}", rl::quoted(tier), policy.version)};
  if (const std::string hint = suggest(tier, names); !hint.empty()) {
    problem.members["hint"] = hint;
  }
  return problem;
}

}  // namespace rl::http
