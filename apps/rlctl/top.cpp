#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "commands.h"
#include "options.h"
#include "rl/client/top_report.h"

namespace rl::ctl {
namespace {

constexpr char kClear[] = "\x1b[H\x1b[2J";  // of the whole screen, the cursor to its begin

struct TopOptions {
  Micros interval = std::chrono::seconds{2};
  std::uint64_t count = 0;  ///< how many looks; 0: until interrupted
  std::uint64_t keys = 10;
};

void show(const Session& session, const client::Top& top) {
  const Display display = session.display();
  if (session.structured()) {
    client::Json document = {{"snapshot", client::encode(top.now)}};
    document.update(client::encode(top.loudest));
    print(cli::render_next(session.form, document, true));
  } else if (display.terminal) {
    print(kClear + client::top_screen(top, display));
  } else {
    print(client::top_line(top) + "\n");
  }
}

int watch(const Session& session, const TopOptions& options) {
  auto admin = connect(session);
  if (!admin) {
    return fail_with(admin.error());
  }
  const SystemClock clock;
  auto before = admin->snapshot();
  Instant at = clock.now();
  for (std::uint64_t looks = 0; options.count == 0 || looks < options.count; ++looks) {
    std::this_thread::sleep_for(options.interval);
    auto now = admin->snapshot();
    const Instant then = std::exchange(at, clock.now());
    const auto loudest = admin->top(static_cast<std::uint32_t>(options.keys));
    if (!before || !now || !loudest) {
      return fail_with(!before ? before.error() : !now ? now.error() : loudest.error());
    }
    show(session, {.before = *before,
                   .now = *now,
                   .seconds = std::max(1e-3, std::chrono::duration<double>(at - then).count()),
                   .loudest = *loudest});
    before = std::move(now);
  }
  return kOk;
}

}  // namespace

void add_top(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand(
      "top", "Who asks most at one server now: a live table; in a pipe a line each time");
  const auto options = std::make_shared<TopOptions>();
  add_duration(*command, "--interval", "How long between two looks", [options](Micros time) {
    options->interval = time;
  })->default_str("2s");
  add_number(*command, "--count", "End after so many looks", 1'000'000,
             [options](std::uint64_t count) { options->count = count; })
      ->type_name("N");
  add_number(*command, "--keys", "How many of the loudest keys", 100,
             [options](std::uint64_t keys) { options->keys = keys; })
      ->type_name("N")
      ->default_str("10");
  command->footer("Example:\n  rlctl top --interval 5s");
  command->callback([&session, options] { session.exit_code = watch(session, *options); });
}

}  // namespace rl::ctl
