#include "rl/health/redis/health_subscriber.h"

#include <poll.h>

#include <array>
#include <utility>

#include "rl/health/redis/wire.h"

namespace rl::redis {
namespace {

constexpr Micros kSubscribeTimeout = std::chrono::seconds{1};  // for connecting and for answers
constexpr Micros kBetweenPings = std::chrono::seconds{1};
constexpr Micros kLongestSilence = std::chrono::milliseconds{2500};
constexpr Micros kBetweenAttempts = std::chrono::milliseconds{250};
constexpr Micros kTick = std::chrono::milliseconds{50};  // until a stop is noticed

void sleep(Micros time) {
  ::poll(nullptr, 0, static_cast<int>(time.count() / 1000));
}

}  // namespace

HealthSubscriber::HealthSubscriber(Parts parts)
    : parts_(std::move(parts)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void HealthSubscriber::run(const std::stop_token& stop) {
  bool told = false;  // that nothing is heard, in the log
  while (!stop.stop_requested()) {
    const auto ended = listen(stop);
    const bool was_subscribed = subscribed_.exchange(false, std::memory_order_relaxed);
    if (was_subscribed) {
      told = false;
    }
    if (stop.stop_requested()) {
      return;
    }
    if (!ended && !std::exchange(told, true)) {
      parts_.log.warn("changes of the health are not told at once now",
                      {{"reason", ended.error().message}});
    }
    // Spread over time, as all instances lose their connection at the same moment.
    const Instant again = parts_.clock.now() + kBetweenAttempts / 2 +
                          Micros{static_cast<std::int64_t>(parts_.random.below(
                              static_cast<std::uint64_t>(kBetweenAttempts.count())))};
    while (!stop.stop_requested() && parts_.clock.now() < again) {
      sleep(kTick / 5);
    }
    reconnects_.fetch_add(1, std::memory_order_relaxed);
  }
}

/// Connects and listens until the connection is of no more use, which is the failure, or a stop.
Result<void> HealthSubscriber::listen(const std::stop_token& stop) {
  auto link = Link::open(parts_.place.url, parts_.clock, kSubscribeTimeout);
  if (!link) {
    return fail_with(link.error());
  }
  const std::string channel = parts_.place.channel();
  const std::array<std::string_view, 2> subscribe = {"SUBSCRIBE", channel};
  if (const auto done = (*link)->call(subscribe, parts_.clock.now() + kSubscribeTimeout); !done) {
    return fail_with(done.error());
  }
  // What was changed before the confirmation came; a subscribed connection cannot ask for it.
  auto reader = FleetLink::open(parts_.place, parts_.clock, kSubscribeTimeout);
  const auto now = reader ? reader->health() : fail_with(reader.error());
  if (!now) {
    return fail_with(now.error());
  }
  if (*now) {
    parts_.heard(**now);
  }
  subscribed_.store(true, std::memory_order_relaxed);
  Instant heard_at = parts_.clock.now();
  Instant next_ping = heard_at + kBetweenPings;
  while (!stop.stop_requested()) {
    const Instant at = parts_.clock.now();
    if (at >= next_ping) {
      const std::array<std::string_view, 1> ping = {"PING"};
      (*link)->queue(ping);
      next_ping = at + kBetweenPings;
    }
    if (at - heard_at > kLongestSilence) {
      return fail(parts_.place.url.to_string() + ": no answer in time");
    }
    if (auto written = (*link)->write(); !written) {
      return written;
    }
    pollfd ready{.fd = (*link)->socket(), .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, static_cast<int>(kTick.count() / 1000)) <= 0) {
      continue;
    }
    if (auto got = (*link)->read(); !got) {
      return got;
    }
    heard_at = parts_.clock.now();
    for (auto reply = (*link)->next();; reply = (*link)->next()) {
      if (!reply) {
        return fail_with(reply.error());
      }
      if (!*reply) {
        break;
      }
      if (auto taken = hear(**reply); !taken) {
        return taken;
      }
    }
  }
  return {};
}

/// Takes what was pushed: a message, or the answer to PING.
Result<void> HealthSubscriber::hear(const Reply& reply) {
  if (reply.kind == Reply::Kind::kError) {
    return fail(reply.text);
  }
  if (reply.elements.size() != 3 || reply.elements.front().text != "message") {
    return {};
  }
  if (const auto health = parse_health(reply.elements.back().text)) {
    parts_.heard(*health);
  } else {
    parts_.log.warn("a message was ignored", {{"reason", health.error().message}});
  }
  return {};
}

}  // namespace rl::redis
