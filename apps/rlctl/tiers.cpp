#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "rl/base/text.h"
#include "rl/client/report.h"
#include "rl/config/policy_file.h"

namespace rl::ctl {
namespace {

/// Says that the server limits by another policy than its tiers file has.
void warn_of(const client::PolicyRecord& policy) {
  if (!policy.rejected) {
    return;
  }
  for (const Diagnostic& diagnostic : policy.rejected->diagnostics) {
    complain_plainly(diagnostic.to_string());
  }
  complain(fmt::format("the tiers file is not in force since {}; policy v{} stays",
                       policy.rejected->at, policy.policy_version));
}

int list_tiers(const Session& session) {
  const auto policy = ask(session, &client::AdminClient::tiers);
  if (!policy) {
    return fail_with(policy.error());
  }
  if (session.structured()) {
    print_data(session, client::encode(*policy), "tiers");
  } else {
    print(client::tier_list(*policy, session.display()));
  }
  warn_of(*policy);
  return kOk;
}

int no_such_tier(const client::PolicyRecord& policy, const std::string& name) {
  std::vector<std::string> names;
  for (const client::TierRecord& tier : policy.tiers) {
    names.push_back(tier.name);
  }
  const auto near = nearest(name, names);
  complain(fmt::format("tier \"{}\" not found (policy v{}, {} tiers)", name, policy.policy_version,
                       names.size()),
           fmt::format("{}rlctl tiers list shows them all",
                       near.has_value() ? fmt::format("did you mean \"{}\"?  ", *near) : ""));
  return kNotFound;
}

/// The limits of one tier or, without a name, of the whole policy.
int show_limits(const Session& session, const std::string& name) {
  const auto policy = ask(session, &client::AdminClient::tiers);
  if (!policy) {
    return fail_with(policy.error());
  }
  warn_of(*policy);
  if (name.empty()) {
    if (session.structured()) {
      print_data(session, client::encode(*policy), "tiers");
    } else {
      print(client::limit_list(*policy, session.display()));
    }
    return kOk;
  }
  const auto tier = std::find_if(policy->tiers.begin(), policy->tiers.end(),
                                 [&](const auto& candidate) { return candidate.name == name; });
  if (tier == policy->tiers.end()) {
    return no_such_tier(*policy, name);
  }
  if (session.structured()) {
    print_data(session,
               {{"policy_version", policy->policy_version}, {"tier", client::encode(*tier)}});
  } else {
    print(client::limit_list(*tier, session.display()));
  }
  return kOk;
}

/// Needs no server.
int validate(const Session& session, const std::string& path) {
  const auto policy = load_policy(path);
  const Diagnostics diagnostics = policy ? Diagnostics{} : policy.error();
  for (const Diagnostic& diagnostic : diagnostics) {
    complain_plainly(diagnostic.to_string());
  }
  if (session.structured()) {
    client::Json document = {{"file", path}, {"valid", policy.has_value()}};
    document.update(client::encode(client::FaultsRecord{diagnostics}));
    print_data(session, document);
  } else if (policy) {
    print(fmt::format("{}: ok, {} tiers, {} routes, default tier {}\n", path, policy->tiers.size(),
                      policy->routes.size(), policy->default_tier));
  }
  return policy ? kOk : kInvalidConfiguration;
}

}  // namespace

void add_tiers(CLI::App& app, Session& session) {
  CLI::App* const tiers = app.add_subcommand("tiers", "The tiers and their limits");
  tiers->require_subcommand(1);

  CLI::App* const list = tiers->add_subcommand("list", "A line per tier");
  list->footer("Example:\n  rlctl tiers list -o json");
  list->callback([&session] { session.exit_code = list_tiers(session); });

  CLI::App* const show = tiers->add_subcommand("show", "A line per limit");
  const auto name = std::make_shared<std::string>();
  show->add_option("name", *name, "Of this tier alone")->type_name("NAME");
  show->footer("Example:\n  rlctl tiers show free");
  show->callback([&session, name] { session.exit_code = show_limits(session, *name); });

  CLI::App* const check = tiers->add_subcommand(
      "validate",
      "Find every fault of a tiers file; needs no server; exit code 7 when there is one");
  const auto path = std::make_shared<std::string>();
  check->add_option("file", *path, "The tiers file")->type_name("FILE")->required();
  check->footer("Example:\n  rlctl tiers validate tiers.toml");
  check->callback([&session, path] { session.exit_code = validate(session, *path); });
  add_tiers_changes(*tiers, session);
}

}  // namespace rl::ctl
