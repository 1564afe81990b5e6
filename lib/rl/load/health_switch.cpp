#include "rl/load/health_switch.h"

#include <fmt/core.h>

#include "rl/base/duration.h"
#include "rl/client/admin_client.h"
#include "rl/load/reply_check.h"

namespace rl::load {
namespace {

constexpr Micros kReplyTimeout = std::chrono::seconds{5};
constexpr Micros kBetweenProbes = std::chrono::microseconds{500};

}  // namespace

Result<Micros> switch_health(const SwitchSetup& setup, const Clock& clock, const Pacer& pacer,
                             const std::stop_token& stop) {
  client::AdminClient admin(setup.admin, setup.token, kReplyTimeout);
  const auto changed = admin.set_health({.state = setup.state, .reason = "rlload"});
  const Instant acknowledged = clock.now();
  if (!changed) {
    return fail(fmt::format("the server did not switch to {}: {}", to_string(setup.state),
                            changed.error().message),
                changed.error().hint);
  }
  client::HttpConnection connection(setup.data, kReplyTimeout);
  std::string last_seen = "no reply";
  while (clock.now() < acknowledged + setup.patience) {
    const auto reply =
        connection.send({.target = setup.target, .headers = {{"X-API-Key", setup.probe_key}}});
    const Instant received = clock.now();
    const auto context = reply ? context_of(*reply) : fail_with(reply.error());
    if (context && context->state == setup.state && context->health >= changed->version) {
      return received - acknowledged;
    }
    last_seen = context
                    ? fmt::format("{} in version {}", to_string(context->state), context->health)
                    : context.error().message;
    if (!pacer.wait_until(received + kBetweenProbes, stop)) {
      return fail("interrupted");
    }
  }
  return fail(fmt::format("{} version {} was acknowledged but not seen within {}; last: {}",
                          to_string(setup.state), changed->version, format_duration(setup.patience),
                          last_seen));
}

}  // namespace rl::load
