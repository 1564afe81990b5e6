#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "commands.h"
#include "confirm.h"
#include "options.h"
#include "rl/client/user_report.h"
#include "usage.h"

namespace rl::ctl {
namespace {

using client::AdminClient;
using client::AdminResult;
using client::UserRecord;

int report(const Session& session, const AdminResult<UserRecord>& user) {
  if (!user) {
    return fail_with(user.error());
  }
  if (session.structured()) {
    print_data(session, client::encode(*user));
  } else {
    print(client::user_list({.users = {*user}, .next_after = {}}, session.display()));
  }
  return kOk;
}

int list(const Session& session) {
  auto admin = connect(session);
  if (!admin) {
    return fail_with(admin.error());
  }
  client::UserList all;
  std::optional<std::uint64_t> after = 0;
  while (after) {
    auto page = admin->users(*after);
    if (!page) {
      return fail_with(page.error());
    }
    std::move(page->users.begin(), page->users.end(), std::back_inserter(all.users));
    after = page->next_after;
  }
  if (session.structured()) {
    print_data(session, client::encode(all), "users");
  } else {
    print(client::user_list(all, session.display()));
  }
  return kOk;
}

int show_quota(const Session& session, std::uint64_t id) {
  const auto quota = ask(session, [&](AdminClient& admin) { return admin.quota(id); });
  if (!quota) {
    return fail_with(quota.error());
  }
  if (session.structured()) {
    print_data(session, client::encode(*quota));
  } else {
    print(client::quota_report(*quota, session.display()));
  }
  return kOk;
}

int remove(Session& session, std::uint64_t id) {
  auto admin = connect(session);
  if (!admin) {
    return fail_with(admin.error());
  }
  const auto user = admin->user(id);
  if (!user) {
    return fail_with(user.error());
  }
  if (!confirm(session, fmt::format("delete user {} \"{}\" with all keys", id, user->name))) {
    return session.exit_code;
  }
  return report(session, admin->delete_user(id));
}

std::shared_ptr<std::uint64_t> add_id(CLI::App& command) {
  auto id = std::make_shared<std::uint64_t>(0);
  add_number(command, "id", "The user", INT64_MAX, [id](std::uint64_t number) { *id = number; })
      ->type_name("ID")
      ->required();
  return id;
}

void add_create(CLI::App& users, Session& session) {
  CLI::App* const command = users.add_subcommand("create", "Make a user; it has no key yet");
  const auto name = std::make_shared<std::string>();
  const auto tier = std::make_shared<std::string>();
  command->add_option("--name", *name, "What it is called; unique")->type_name("NAME")->required();
  command->add_option("--tier", *tier, "Its tier")
      ->type_name("TIER")
      ->default_str("the policy's default tier");
  command->footer("Example:\n  rlctl users create --name alice --tier pro");
  command->callback([&session, name, tier] {
    session.exit_code = report(
        session, ask(session, [&](AdminClient& admin) { return admin.create_user(*name, *tier); }));
  });
}

void add_set_tier(CLI::App& users, Session& session) {
  CLI::App* const command =
      users.add_subcommand("set-tier", "Move a user to another tier, from the next request on");
  const auto id = add_id(*command);
  const auto tier = std::make_shared<std::string>();
  command->add_option("tier", *tier, "The new tier")->type_name("TIER")->required();
  command->footer("Example:\n  rlctl users set-tier 1 enterprise");
  command->callback([&session, id, tier] {
    session.exit_code = report(
        session, ask(session, [&](AdminClient& admin) { return admin.set_tier(*id, *tier); }));
  });
}

}  // namespace

void add_users(CLI::App& app, Session& session) {
  CLI::App* const users = app.add_subcommand("users", "Accounts, each in a tier");
  users->require_subcommand(1);
  add_create(*users, session);

  CLI::App* const all = users->add_subcommand("list", "A line per user");
  all->footer("Example:\n  rlctl users list -o json");
  all->callback([&session] { session.exit_code = list(session); });

  CLI::App* const show = users->add_subcommand("show", "One user");
  const auto shown = add_id(*show);
  show->footer("Example:\n  rlctl users show 1");
  show->callback([&session, shown] {
    session.exit_code =
        report(session, ask(session, [&](AdminClient& admin) { return admin.user(*shown); }));
  });

  add_set_tier(*users, session);

  CLI::App* const removal = users->add_subcommand("delete", "Delete a user with all its keys");
  const auto removed = add_id(*removal);
  removal->footer("Example:\n  rlctl users delete 1 --yes");
  removal->callback([&session, removed] { session.exit_code = remove(session, *removed); });

  CLI::App* const quota =
      users->add_subcommand("quota", "What a user and each of its keys have left; takes nothing");
  const auto owner = add_id(*quota);
  quota->footer("Example:\n  rlctl users quota 1");
  quota->callback([&session, owner] { session.exit_code = show_quota(session, *owner); });

  CLI::App* const usage = users->add_subcommand(
      "usage", "What was asked for by a user with all keys, minute by minute");
  const auto asker = add_id(*usage);
  const auto query = std::make_shared<client::UsageQuery>();
  add_usage_options(*usage, query);
  usage->footer("Example:\n  rlctl users usage 1 --for 7d --step 1d");
  usage->callback([&session, asker, query] {
    query->user = *asker;
    session.exit_code = report_usage(session, *query);
  });

  add_users_transfer(*users, session);
}

}  // namespace rl::ctl
