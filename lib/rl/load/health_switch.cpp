#include "rl/load/health_switch.h"

#include <fmt/core.h>

#include "rl/base/duration.h"
#include "rl/client/admin_client.h"
#include "rl/load/reply_check.h"

namespace rl::load {
namespace {

constexpr Micros kAnswerTimeout = std::chrono::seconds{5};
constexpr Micros kBetweenProbes = std::chrono::microseconds{500};

/// Asks one server until it shows the switch, which is the moment that is returned.
Result<Instant> see_switch(const SwitchSetup& setup, const Address& server, std::uint64_t version,
                           Instant deadline, const Clock& clock, const Pacer& pacer,
                           const std::stop_token& stop) {
  client::HttpConnection connection(server, kAnswerTimeout);
  std::string last_seen = "no reply";
  while (clock.now() < deadline) {
    const auto reply =
        connection.send({.target = setup.target, .headers = {{"X-API-Key", setup.probe_key}}});
    const Instant received = clock.now();
    const auto context = reply ? context_of(*reply) : fail_with(reply.error());
    if (context && context->state == setup.state && context->health >= version) {
      return received;
    }
    last_seen = context
                    ? fmt::format("{} in version {}", to_string(context->state), context->health)
                    : context.error().message;
    if (!pacer.wait_until(received + kBetweenProbes, stop)) {
      return fail("interrupted");
    }
  }
  return fail(fmt::format("{} version {} was acknowledged but not seen within {}; last: {}",
                          to_string(setup.state), version, format_duration(setup.patience),
                          last_seen));
}

}  // namespace

Result<Micros> switch_health(const SwitchSetup& setup, const Clock& clock, const Pacer& pacer,
                             const std::stop_token& stop) {
  client::AdminClient admin(setup.admin, setup.token, kAnswerTimeout);
  const auto changed = admin.set_health({.state = setup.state, .reason = "rlload"});
  const Instant acknowledged = clock.now();
  if (!changed) {
    return fail(fmt::format("the server did not switch to {}: {}", to_string(setup.state),
                            changed.error().message),
                changed.error().hint);
  }
  Instant last = acknowledged;
  for (const Address& server : setup.data) {
    const auto seen = see_switch(setup, server, changed->version, acknowledged + setup.patience,
                                 clock, pacer, stop);
    if (!seen) {
      return fail_with(seen.error());
    }
    last = *seen;
  }
  return last - acknowledged;
}

}  // namespace rl::load
