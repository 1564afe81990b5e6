#include "rl/config/tiers_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "rl/config/policy_file.h"

namespace rl {

TiersFile::TiersFile(std::string path, const Parts& parts) : path_(std::move(path)), parts_(parts) {
  revisions_.push_back({.policy = parts_.policies.snapshot(),
                        .at = parts_.clock.wall_now(),
                        .cause = "start",
                        .changes = 0});
}

TiersFile::Outcome TiersFile::reload(const PolicyAttempt& attempt) {
  const std::lock_guard lock(mutex_);
  return reload_locked(attempt);
}

TiersFile::Outcome TiersFile::apply(const std::string& text, const PolicyAttempt& attempt) {
  const std::lock_guard lock(mutex_);
  return apply_locked(text, attempt);
}

TiersFile::Outcome TiersFile::roll_back(std::uint64_t version, const PolicyAttempt& attempt) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(
      revisions_.begin(), revisions_.end(),
      [&](const PolicyRevision& revision) { return revision.policy->version == version; });
  if (found == revisions_.end()) {
    return fail_with(PolicyRefusal{
        .kind = PolicyRefusal::Kind::kUnknownVersion,
        .error = {fmt::format("policy v{} is not kept", version),
                  fmt::format("kept are v{} to v{}", revisions_.front().policy->version,
                              revisions_.back().policy->version)}});
  }
  return apply_locked(found->policy->text, attempt);
}

std::optional<PolicyUpdate> TiersFile::watch() {
  const std::lock_guard lock(mutex_);
  const FileStamp now = stamp_of(path_);
  if (now == loaded_) {
    return std::nullopt;
  }
  if (now != settling_) {  // who writes it may not be done
    settling_ = now;
    return std::nullopt;
  }
  auto loaded = reload_locked({.cause = "file changed"});  // a refusal is told in the log
  return loaded ? std::optional(*std::move(loaded)) : std::nullopt;
}

std::vector<PolicyRevision> TiersFile::history() const {
  const std::lock_guard lock(mutex_);
  return {revisions_.begin(), revisions_.end()};
}

std::optional<RejectedFile> TiersFile::rejected() const {
  const std::lock_guard lock(mutex_);
  return rejected_;
}

TiersFile::Counts TiersFile::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

TiersFile::Outcome TiersFile::reload_locked(const PolicyAttempt& attempt) {
  const FileStamp stamp = stamp_of(path_);  // before reading: a write in between is seen later
  auto policy = load_policy(path_);
  if (attempt.dry_run) {
    return policy ? put(*std::move(policy), attempt) : refuse(std::move(policy).error(), attempt);
  }
  loaded_ = stamp;
  if (!policy) {
    rejected_ = {.at = parts_.clock.wall_now(), .diagnostics = policy.error()};
    return refuse(std::move(policy).error(), attempt);
  }
  rejected_.reset();
  return put(*std::move(policy), attempt);
}

TiersFile::Outcome TiersFile::apply_locked(const std::string& text, const PolicyAttempt& attempt) {
  auto policy = parse_policy(text, path_);
  if (!policy) {
    return refuse(std::move(policy).error(), attempt);
  }
  if (!attempt.dry_run) {
    auto problem = attempt.overwrite ? std::nullopt : conflict(text);
    if (!problem) {
      if (const auto written = replace_file(path_, text); !written) {
        problem = written.error();
        problem->hint = "change it where it comes from, then reload it";
      }
    }
    if (problem) {
      return fail_with(
          PolicyRefusal{.kind = PolicyRefusal::Kind::kConflict, .error = *std::move(problem)});
    }
    rejected_.reset();
  }
  return put(*std::move(policy), attempt);
}

TiersFile::Outcome TiersFile::put(Policy policy, const PolicyAttempt& attempt) {
  const PolicyRevision& current = revisions_.back();
  PolicyUpdate update{.before = current.policy->version,
                      .version = current.policy->version,
                      .changes = differences(*current.policy, policy)};
  if (attempt.dry_run || policy.text == current.policy->text) {
    return update;
  }
  update.version = parts_.policies.install(std::move(policy));
  revisions_.push_back({.policy = parts_.policies.snapshot(),
                        .at = parts_.clock.wall_now(),
                        .cause = attempt.cause,
                        .changes = update.changes.size()});
  if (revisions_.size() > kRevisions) {
    revisions_.pop_front();
  }
  ++counts_.loaded;
  parts_.log.info(
      "policy in force",
      {{"version", update.version}, {"cause", attempt.cause}, {"changes", update.changes.size()}});
  return update;
}

Failure<PolicyRefusal> TiersFile::refuse(Diagnostics diagnostics, const PolicyAttempt& attempt) {
  if (!attempt.dry_run) {
    ++counts_.refused;
    parts_.log.error("policy refused: the one in force stays",
                     {{"version", revisions_.back().policy->version},
                      {"cause", attempt.cause},
                      {"faults", diagnostics.size()}});
    for (const Diagnostic& diagnostic : diagnostics) {
      parts_.log.error("policy fault", {{"at", diagnostic.to_string()}});
    }
  }
  return fail_with(PolicyRefusal{.diagnostics = std::move(diagnostics)});
}

/// Writing `text` over a file that somebody changed, and that is in force nowhere, would lose it.
std::optional<Error> TiersFile::conflict(const std::string& text) const {
  const auto on_disk = read_file(path_);
  if (!on_disk || *on_disk == text || *on_disk == revisions_.back().policy->text) {
    return std::nullopt;
  }
  return Error{fmt::format("{} was changed and is not in force", path_),
               "reload it, or say that it is to be overwritten"};
}

}  // namespace rl
