#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "commands.h"
#include "confirm.h"
#include "options.h"
#include "rl/base/duration.h"
#include "rl/client/user_report.h"
#include "usage.h"

namespace rl::ctl {
namespace {

using client::AdminClient;
using client::AdminResult;
using client::KeyRecord;

constexpr std::chrono::seconds kUsualGrace = std::chrono::hours{24};

int report(const Session& session, const AdminResult<KeyRecord>& key) {
  if (!key) {
    return fail_with(key.error());
  }
  if (session.structured()) {
    print_data(session, client::encode(*key));
  } else {
    print(client::key_report(*key, session.display()));
  }
  if (!key->secret.empty()) {
    complain("the secret is shown this once; nobody can read it again");
  }
  return kOk;
}

int list(const Session& session, std::optional<std::uint64_t> user_id) {
  auto admin = connect(session);
  if (!admin) {
    return fail_with(admin.error());
  }
  client::KeyList all;
  std::optional<std::uint64_t> after = 0;
  while (after) {
    auto page = admin->keys(user_id, *after);
    if (!page) {
      return fail_with(page.error());
    }
    std::move(page->keys.begin(), page->keys.end(), std::back_inserter(all.keys));
    after = page->next_after;
  }
  if (session.structured()) {
    print_data(session, client::encode(all), "keys");
  } else {
    print(client::key_list(all, session.display()));
  }
  return kOk;
}

int revoke(Session& session, const std::string& id) {
  auto admin = connect(session);
  if (!admin) {
    return fail_with(admin.error());
  }
  const auto key = admin->key(id);
  if (!key) {
    return fail_with(key.error());
  }
  if (!confirm(session, fmt::format("revoke key {} of user {}", id, key->user_id))) {
    return session.exit_code;
  }
  return report(session, admin->revoke_key(id));
}

/// A key's id goes into a path: anything but "k1" and its like is refused here.
std::shared_ptr<std::string> add_key(CLI::App& command) {
  auto id = std::make_shared<std::string>();
  const auto read = [id](const std::string& text) {
    const bool digits = text.size() > 1 && std::all_of(text.begin() + 1, text.end(),
                                                       [](char c) { return c >= '0' && c <= '9'; });
    if (!text.starts_with('k') || !digits) {
      throw CLI::ValidationError("key", fmt::format("\"{}\" is not the id of a key\n"
                                                    "rlctl keys list shows them: k1, k2, k3",
                                                    text));
    }
    *id = text;
  };
  command.add_option_function<std::string>("key", read, "The key's id, such as k1")
      ->type_name("KEY")
      ->required();
  return id;
}

void add_create(CLI::App& keys, Session& session) {
  CLI::App* const command =
      keys.add_subcommand("create", "Make a key for a user; its secret is printed this once");
  const auto key = std::make_shared<client::NewKey>();
  add_number(*command, "--user", "Whose key it is", INT64_MAX,
             [key](std::uint64_t id) { key->user_id = id; })
      ->type_name("ID")
      ->required();
  command->add_option("--name", key->name, "What it is for; unique among the user's keys")
      ->type_name("NAME");
  command->add_option("--tier", key->tier, "Its tier")
      ->type_name("TIER")
      ->default_str("the user's");
  add_duration(*command, "--expires", "Refused after this time", [key](Micros time) {
    key->ttl = std::chrono::seconds{ceil_seconds(time)};
  })->default_str("never");
  command->footer("Example:\n  rlctl keys create --user 1 --name ci --expires 90d");
  command->callback([&session, key] {
    session.exit_code =
        report(session, ask(session, [&](AdminClient& admin) { return admin.create_key(*key); }));
  });
}

void add_rotate(CLI::App& keys, Session& session) {
  CLI::App* const command = keys.add_subcommand(
      "rotate", "Give a key another secret; the quota is shared, and goes on as it was");
  const auto id = add_key(*command);
  const auto grace = std::make_shared<std::chrono::seconds>(kUsualGrace);
  const auto at_once = std::make_shared<bool>(false);
  CLI::Option* const time =
      add_duration(*command, "--grace", "How long the one before still works",
                   [grace](Micros length) { *grace = std::chrono::seconds{ceil_seconds(length)}; })
          ->default_str("1d");
  command->add_flag("--at-once", *at_once, "The one before ends now")->excludes(time);
  command->footer("Example:\n  rlctl keys rotate k1 --grace 1h");
  command->callback([&session, id, grace, at_once] {
    if (*at_once && !confirm(session, fmt::format("end the secret of key {} now", *id))) {
      return;
    }
    const auto length = *at_once ? std::chrono::seconds::zero() : *grace;
    session.exit_code = report(
        session, ask(session, [&](AdminClient& admin) { return admin.rotate_key(*id, length); }));
  });
}

void add_usage(CLI::App& keys, Session& session) {
  CLI::App* const command =
      keys.add_subcommand("usage", "What was asked for with a key, minute by minute");
  const auto id = add_key(*command);
  const auto query = std::make_shared<client::UsageQuery>();
  add_usage_options(*command, query);
  command->footer("Example:\n  rlctl keys usage k1 --for 1d --step 1h");
  command->callback([&session, id, query] {
    query->key = *id;
    session.exit_code = report_usage(session, *query);
  });
}

}  // namespace

void add_keys(CLI::App& app, Session& session) {
  CLI::App* const keys = app.add_subcommand("keys", "API keys of the users");
  keys->require_subcommand(1);
  add_create(*keys, session);

  CLI::App* const all = keys->add_subcommand("list", "A line per key");
  const auto user_id = std::make_shared<std::optional<std::uint64_t>>();
  add_number(*all, "--user", "Of this user alone", INT64_MAX, [user_id](std::uint64_t id) {
    *user_id = id;
  })->type_name("ID");
  all->footer("Example:\n  rlctl keys list --user 1");
  all->callback([&session, user_id] { session.exit_code = list(session, *user_id); });

  CLI::App* const show = keys->add_subcommand("show", "One key");
  const auto shown = add_key(*show);
  show->footer("Example:\n  rlctl keys show k1");
  show->callback([&session, shown] {
    session.exit_code =
        report(session, ask(session, [&](AdminClient& admin) { return admin.key(*shown); }));
  });

  add_rotate(*keys, session);
  add_usage(*keys, session);

  CLI::App* const revocation =
      keys->add_subcommand("revoke", "End a key for good, from the next request on");
  const auto revoked = add_key(*revocation);
  revocation->footer("Example:\n  rlctl keys revoke k1 --yes");
  revocation->callback([&session, revoked] { session.exit_code = revoke(session, *revoked); });
}

}  // namespace rl::ctl
