#include "rl/http/tiers_api.h"

#include <fmt/core.h>

#include <utility>

#include "rl/base/text.h"
#include "rl/http/directory_problem.h"
#include "rl/http/json_body.h"
#include "rl/http/policy_json.h"
#include "rl/http/problem.h"

namespace rl::http {
namespace {

/// Reads ?dry_run=true and ?overwrite=true; a parameter that is neither is told, because a dry run
/// that is spelled wrong must not change anything.
Result<PolicyAttempt, Problem> read_attempt(const AdminRequest& request, std::string_view what) {
  PolicyAttempt attempt{.cause = fmt::format("{} by {}", what, admin_name(request))};
  for (const auto& [name, value] : request.params) {
    bool* const flag = name == "dry_run"     ? &attempt.dry_run
                       : name == "overwrite" ? &attempt.overwrite
                                             : nullptr;
    if (flag == nullptr || (value != "true" && value != "false")) {
      return fail_with(
          Problem{.status = 400,
                  .title = {},
                  .detail = "the query may have dry_run and overwrite, each true or false"});
    }
    *flag = value == "true";
  }
  return attempt;
}

Problem problem_of(int status, const Error& error) {
  Problem problem{.status = status, .title = {}, .detail = error.message};
  if (!error.hint.empty()) {
    problem.members["hint"] = error.hint;
  }
  return problem;
}

Problem problem_of(const PolicyRefusal& refusal) {
  switch (refusal.kind) {
    case PolicyRefusal::Kind::kUnknownVersion:
      return problem_of(404, refusal.error);
    case PolicyRefusal::Kind::kConflict:
      return problem_of(409, refusal.error);
    case PolicyRefusal::Kind::kInvalid:
      break;
  }
  const std::size_t faults = refusal.diagnostics.size();
  return {.status = 422,
          .title = {},
          .detail = fmt::format("the policy has {} fault{}, the one in force stays", faults,
                                faults == 1 ? "" : "s"),
          .members = {{"diagnostics", to_json(refusal.diagnostics)}}};
}

}  // namespace

void TiersApi::mount(Server& server, const AdminGuard& guard) const {
  const auto route = [this, &guard](void (TiersApi::*method)(const Request&, Response&) const) {
    return guard.protect([this, method](const Request& request, Response& response) {
      (this->*method)(request, response);
    });
  };
  server.get("/admin/v1/tiers",
             guard.protect([this](const Request&, Response& response) { show(response); }));
  server.get("/admin/v1/tiers/history", guard.protect([this](const Request&, Response& response) {
    answer_json(response, 200, to_json(parts_.file.history()));
  }));
  server.put("/admin/v1/tiers", route(&TiersApi::apply));
  server.post("/admin/v1/tiers/reload", route(&TiersApi::reload));
  server.post("/admin/v1/tiers/rollback", route(&TiersApi::roll_back));
}

void TiersApi::show(Response& response) const {
  auto document = to_json(*parts_.policies.snapshot(), parts_.health.read().state);
  document["rejected"] = to_json(parts_.file.rejected());
  answer_json(response, 200, document);
}

void TiersApi::apply(const Request& request, Response& response) const {
  const auto attempt = read_attempt(request, "apply");
  if (!attempt) {
    return answer(response, attempt.error());
  }
  tell(request, response, parts_.file.apply(request.body, *attempt), *attempt);
}

void TiersApi::reload(const Request& request, Response& response) const {
  const auto attempt = read_attempt(request, "reload");
  if (!attempt) {
    return answer(response, attempt.error());
  }
  tell(request, response, parts_.file.reload(*attempt), *attempt);
}

void TiersApi::tell(const Request& request, Response& response, const TiersFile::Outcome& outcome,
                    const PolicyAttempt& attempt) const {
  if (!outcome) {
    return answer(response, problem_of(outcome.error()));
  }
  if (!attempt.dry_run && outcome->version != outcome->before) {
    record_change(parts_.directory, parts_.clock, parts_.log, request,
                  {.actor = {},
                   .action = "tiers.change",
                   .subject = attempt.cause.substr(0, attempt.cause.find(" by ")),
                   .before = fmt::format("policy v{}", outcome->before),
                   .after = fmt::format("policy v{}", outcome->version)});
  }
  answer_json(response, 200, to_json(*outcome, attempt.dry_run));
}

void TiersApi::roll_back(const Request& request, Response& response) const {
  JsonBody body(request.body);
  const auto version = body.integer("version", 1, INT64_MAX);
  if (!version) {
    body.reject("\"version\" is missing");
  }
  if (const auto problem = body.finish()) {
    return answer(response, *problem);
  }
  const auto attempt = read_attempt(request, fmt::format("rollback to v{}", *version));
  if (!attempt) {
    return answer(response, attempt.error());
  }
  tell(request, response, parts_.file.roll_back(static_cast<std::uint64_t>(*version), *attempt),
       *attempt);
}

}  // namespace rl::http
