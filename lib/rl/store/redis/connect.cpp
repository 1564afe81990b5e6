#include <fmt/core.h>

#include <array>
#include <charconv>
#include <utility>

#include "rl/store/redis/client.h"

// How a Client gets its connection; what it does with it is in client.cpp.

namespace rl::redis {
namespace {

constexpr unsigned kOldestVersion = 7;  // the first whose scripts begin with "#!lua"

/// The number behind "redis_version:" in what INFO says. Valkey tells the Redis that it stands for.
unsigned major_version(std::string_view info) {
  constexpr std::string_view kName = "redis_version:";
  const std::size_t at = info.find(kName);
  unsigned version = 0;
  if (at != std::string_view::npos) {
    const std::string_view digits = info.substr(at + kName.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), version);
  }
  return version;
}

/// The server's time in µs, out of the reply to TIME.
std::optional<std::int64_t> time_of(const Reply& reply) {
  std::array<std::int64_t, 2> parts{};  // seconds, µs
  if (reply.elements.size() != parts.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string& text = reply.elements[i].text;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parts[i]);
    if (error != std::errc{}) {
      return std::nullopt;
    }
  }
  return parts[0] * 1'000'000 + parts[1];
}

}  // namespace

/// Opens a connection that knows the script and the time of the server.
bool Client::connect(Micros timeout) {
  const Instant begun = clock_.now();
  auto link = Link::open(options_.url, clock_, timeout);
  std::optional<LinkError> why;
  if (!link) {
    why = link.error();
  } else if (const auto prepared = prepare(**link, begun + timeout); !prepared) {
    why = prepared.error();
  }
  {
    const std::lock_guard lock(mutex_);
    refusal_ = why && why->refused ? std::optional<Error>(*why) : std::nullopt;
  }
  if (why) {
    if (!std::exchange(told_, true)) {
      log_.warn("no connection to Redis", {{"reason", why->message}});
    }
    return false;
  }
  if (std::exchange(told_, false)) {
    log_.info("connected to Redis again", {{"redis", options_.url.to_string()}});
  }
  link_ = std::move(*link);
  return true;
}

/// Checks the version, loads the script and asks for the time, so that the first ask already goes
/// out with a deadline that the server understands.
Result<void, LinkError> Client::prepare(Link& link, Instant deadline) {
  const std::array<std::string_view, 2> info = {"INFO", "server"};
  const auto about = link.call(info, deadline);
  if (!about) {
    return fail_with(about.error());
  }
  if (const unsigned version = major_version(about->text); version < kOldestVersion) {
    return fail_with(LinkError(
        {fmt::format("the Redis at {} is of version {}", options_.url.to_string(), version),
         fmt::format("version {} or newer is needed", kOldestVersion)},
        true));
  }
  const std::array<std::string_view, 3> load = {"SCRIPT", "LOAD", options_.script};
  const auto hash = link.call(load, deadline);
  if (!hash) {
    return fail_with(hash.error());
  }
  script_hash_ = hash->text;
  const std::array<std::string_view, 1> ask = {"TIME"};
  const auto time = link.call(ask, deadline);
  if (!time) {
    return fail_with(time.error());
  }
  server_time_.forget();
  if (const auto now = time_of(*time)) {
    server_time_.heard(*now, clock_.now());
    server_ahead_us_.store(server_time_.ahead()->count(), std::memory_order_relaxed);
  }
  return {};
}

}  // namespace rl::redis
