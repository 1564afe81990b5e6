#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "commands.h"
#include "options.h"
#include "rl/base/duration.h"
#include "rl/client/report.h"

namespace rl::ctl {
namespace {

struct WatchOptions {
  std::string until;  ///< empty: no end
  std::optional<Micros> timeout;
};

int get_health(const Session& session) {
  const auto health = ask(session, &client::AdminClient::health);
  if (!health) {
    return fail_with(health.error());
  }
  if (session.structured()) {
    print_data(session, client::encode(*health));
  } else {
    print(client::health_report(*health, session.display()));
  }
  return kOk;
}

int show_history(const Session& session) {
  const auto history = ask(session, &client::AdminClient::health_history);
  if (!history) {
    return fail_with(history.error());
  }
  if (session.structured()) {
    print_data(session, client::encode(*history), "records");
  } else {
    print(client::health_history(*history, session.display()));
  }
  return kOk;
}

int watch_health(const Session& session, const WatchOptions& options) {
  constexpr Micros kPause = std::chrono::milliseconds{200};
  auto admin = connect(session);
  if (!admin) {
    return fail_with(admin.error());
  }
  const SystemClock clock;
  const Instant begin = clock.now();
  std::optional<client::HealthRecord> shown;
  for (;;) {
    auto health = admin->health();
    if (!health) {
      return fail_with(health.error());
    }
    if (!shown || shown->version != health->version || shown->state != health->state) {
      if (session.structured()) {
        client::Json row = client::encode(*health);
        if (session.form == cli::Form::kCsv) {
          row.erase("instances");  // which come and go, unlike the columns
        }
        print(cli::render_next(session.form, row, !shown));
      } else {
        print(client::health_line(*health, session.display()));
      }
      shown = *health;
    }
    if (!options.until.empty() && health->state == health_state(options.until)) {
      return kOk;
    }
    const Micros left =
        options.timeout.has_value() ? begin + *options.timeout - clock.now() : Micros::max();
    if (left <= Micros::zero()) {
      complain(fmt::format("still {} after {}", to_string(health->state),
                           format_duration(*options.timeout)));
      return kNo;
    }
    std::this_thread::sleep_for(std::min(left, kPause));
  }
}

void add_watch(CLI::App& health, Session& session) {
  CLI::App* const command =
      health.add_subcommand("watch", "A line now and for every change, until interrupted");
  const auto options = std::make_shared<WatchOptions>();
  command->add_option("--until", options->until, "End with exit code 0 when this state is reached")
      ->transform(one_of(health_words()))
      ->type_name("STATE");
  add_duration(*command, "--timeout", "End with exit code 10 after this time",
               [options](Micros time) { options->timeout = time; });
  command->footer("Example:\n  rlctl health watch --until normal --timeout 10m");
  command->callback([&session, options] { session.exit_code = watch_health(session, *options); });
}

}  // namespace

void add_health(CLI::App& app, Session& session) {
  CLI::App* const health = app.add_subcommand("health", "The fleet's health: NORMAL or DEGRADED");
  health->require_subcommand(1);
  CLI::App* const get = health->add_subcommand("get", "The health, who set it and why");
  get->footer("Example:\n  rlctl health get -o json");
  get->callback([&session] { session.exit_code = get_health(session); });
  add_health_set(*health, session);
  add_watch(*health, session);
  CLI::App* const history =
      health->add_subcommand("history", "The latest changes of the health, the newest first");
  history->footer("Example:\n  rlctl health history");
  history->callback([&session] { session.exit_code = show_history(session); });
}

}  // namespace rl::ctl
