#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "commands.h"
#include "options.h"
#include "rl/base/file.h"
#include "rl/client/report.h"

namespace rl::ctl {
namespace {

using client::TiersChange;

int report(const Session& session, const client::AdminResult<client::UpdateRecord>& update) {
  if (!update) {
    return fail_with(update.error());
  }
  if (session.structured()) {
    print_data(session, client::encode(*update));
  } else {
    print(client::update_report(*update, session.display()));
  }
  return kOk;
}

/// Sends the text of a tiers file; faults are told as the file's own.
client::AdminResult<client::UpdateRecord> send(const Session& session, const std::string& path,
                                               const TiersChange& how) {
  const bool from_stdin = path == "-";
  const auto text = read_file(from_stdin ? "/dev/stdin" : path);
  if (!text) {
    return client::admin_failure(client::AdminErrorKind::kBadPolicy, text.error().message,
                                 text.error().hint);
  }
  auto update =
      ask(session, [&](client::AdminClient& admin) { return admin.apply_tiers(*text, how); });
  if (!update) {
    for (Diagnostic& diagnostic : update.error().diagnostics) {
      diagnostic.file = from_stdin ? "stdin" : path;
    }
  }
  return update;
}

int diff(const Session& session, const std::string& path) {
  const auto update = send(session, path, {.dry_run = true});
  const int told = report(session, update);
  return told == kOk && !update->changes.empty() ? kNo : told;
}

int history(const Session& session) {
  const auto history = ask(session, &client::AdminClient::tiers_history);
  if (!history) {
    return fail_with(history.error());
  }
  if (session.structured()) {
    print_data(session, client::encode(*history), "revisions");
  } else {
    print(client::history_report(*history, session.display()));
  }
  return kOk;
}

void add_dry_run(CLI::App& command, const std::shared_ptr<TiersChange>& how) {
  command.add_flag("--dry-run", how->dry_run, "Only list what would change");
}

void add_force(CLI::App& command, const std::shared_ptr<TiersChange>& how) {
  command.add_flag("--force", how->overwrite,
                   "Also when the server's file was changed and is not in force");
}

std::shared_ptr<std::string> add_file(CLI::App& command) {
  auto path = std::make_shared<std::string>();
  command.add_option("file", *path, "The tiers file; - reads it from stdin")
      ->type_name("FILE")
      ->required();
  return path;
}

void add_diff(CLI::App& tiers, Session& session) {
  CLI::App* const command = tiers.add_subcommand(
      "diff", "What would change if this file were applied; exit code 10 when something would");
  const auto path = add_file(*command);
  command->footer("Example:\n  rlctl tiers diff tiers.toml");
  command->callback([&session, path] { session.exit_code = diff(session, *path); });
}

void add_apply(CLI::App& tiers, Session& session) {
  CLI::App* const command = tiers.add_subcommand(
      "apply", "Write this file to the server's tiers file and put it in force");
  const auto path = add_file(*command);
  const auto how = std::make_shared<TiersChange>();
  add_dry_run(*command, how);
  add_force(*command, how);
  command->footer("Example:\n  rlctl tiers apply tiers.toml --dry-run");
  command->callback(
      [&session, path, how] { session.exit_code = report(session, send(session, *path, *how)); });
}

void add_reload(CLI::App& tiers, Session& session) {
  CLI::App* const command =
      tiers.add_subcommand("reload", "Have the server read its tiers file again");
  const auto how = std::make_shared<TiersChange>();
  add_dry_run(*command, how);
  command->footer("Example:\n  rlctl tiers reload");
  command->callback([&session, how] {
    session.exit_code =
        report(session,
               ask(session, [&](client::AdminClient& admin) { return admin.reload_tiers(*how); }));
  });
}

void add_rollback(CLI::App& tiers, Session& session) {
  CLI::App* const command =
      tiers.add_subcommand("rollback", "Go back to an earlier policy, under a new version");
  const auto version = std::make_shared<std::uint64_t>(0);
  add_number(*command, "version", "One of rlctl tiers history", INT64_MAX,
             [version](std::uint64_t number) { *version = number; })
      ->type_name("VERSION")
      ->required();
  const auto how = std::make_shared<TiersChange>();
  add_dry_run(*command, how);
  add_force(*command, how);
  command->footer("Example:\n  rlctl tiers rollback 3");
  command->callback([&session, version, how] {
    session.exit_code = report(session, ask(session, [&](client::AdminClient& admin) {
                                 return admin.roll_back_tiers(*version, *how);
                               }));
  });
}

}  // namespace

void add_tiers_changes(CLI::App& tiers, Session& session) {
  add_diff(tiers, session);
  add_apply(tiers, session);
  add_reload(tiers, session);
  CLI::App* const list =
      tiers.add_subcommand("history", "The policies since the server started, the latest first");
  list->footer("Example:\n  rlctl tiers history");
  list->callback([&session] { session.exit_code = history(session); });
  add_rollback(tiers, session);
}

}  // namespace rl::ctl
