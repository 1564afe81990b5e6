#include "rl/health/redis/fleet_link.h"

#include <algorithm>
#include <array>
#include <utility>

#include "rl/health/redis/script.h"
#include "rl/health/redis/wire.h"

namespace rl::redis {
namespace {

/// In the same slot of a Cluster as the record.
std::string history_key(const FleetPlace& place) {
  return "{" + place.channel() + "}:history";
}

}  // namespace

Result<FleetLink> FleetLink::open(const FleetPlace& place, const Clock& clock, Micros timeout) {
  auto link = Link::open(place.url, clock, timeout);
  if (!link) {
    return fail_with(link.error());
  }
  return FleetLink(std::move(*link), place, clock, timeout);
}

Result<Reply> FleetLink::call(std::span<const std::string_view> words) {
  auto reply = link_->call(words, clock_.now() + timeout_);
  return reply ? Result<Reply>(std::move(*reply)) : fail_with(reply.error());
}

/// Calls health.lua; its text comes along, as it may be another Redis than before, and is short.
Result<Reply> FleetLink::call_health(std::string_view mode, const SharedHealth* health) {
  const std::string record = place_.channel();
  const std::string history = history_key(place_);
  const std::vector<std::string> own =
      health == nullptr ? std::vector<std::string>() : words_of(*health);
  std::vector<std::string_view> words = {"EVAL", kHealthScript, "2", record, history, mode};
  words.insert(words.end(), own.begin(), own.end());
  return call(words);
}

Result<std::optional<SharedHealth>> FleetLink::health() {
  const auto reply = call_health("get", nullptr);
  if (!reply) {
    return fail_with(reply.error());
  }
  if (reply->kind == Reply::Kind::kNothing) {
    return std::optional<SharedHealth>();
  }
  auto health = parse_health(reply->text);
  return health ? Result<std::optional<SharedHealth>>(std::optional(std::move(*health)))
                : fail_with(health.error());
}

Result<SharedHealth> FleetLink::change(std::string_view mode, const SharedHealth& health) {
  const auto reply = call_health(mode, &health);
  return reply ? parse_health(reply->text) : fail_with(reply.error());
}

Result<SharedHealth> FleetLink::set(const SharedHealth& health) {
  return change("set", health);
}

Result<SharedHealth> FleetLink::offer(const SharedHealth& health) {
  return change("offer", health);
}

Result<SharedHealth> FleetLink::settle(const SharedHealth& health) {
  return change("settle", health);
}

Result<std::vector<SharedHealth>> FleetLink::history() {
  const std::string key = history_key(place_);
  const std::array<std::string_view, 4> words = {"LRANGE", key, "0", "-1"};
  const auto reply = call(words);
  if (!reply) {
    return fail_with(reply.error());
  }
  std::vector<SharedHealth> history;
  for (const Reply& element : reply->elements) {
    if (auto health = parse_health(element.text)) {
      history.push_back(std::move(*health));
    }
  }
  std::reverse(history.begin(), history.end());
  return history;
}

Result<std::vector<InstanceRecord>> FleetLink::call_presence(
    std::span<const std::string_view> words) {
  const std::string key = place_.prefix + "instances";
  std::vector<std::string_view> all = {"EVAL", kPresenceScript, "1", key};
  all.insert(all.end(), words.begin(), words.end());
  const auto reply = call(all);
  if (!reply) {
    return fail_with(reply.error());
  }
  std::vector<InstanceRecord> instances;
  for (const Reply& element : reply->elements) {
    if (auto instance = parse_instance(element.text)) {
      instances.push_back(std::move(*instance));
    }
  }
  std::sort(instances.begin(), instances.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  return instances;
}

Result<std::vector<InstanceRecord>> FleetLink::announce(const InstanceRecord& self) {
  const std::string text = text_of(self);
  const std::array<std::string_view, 3> words = {"announce", self.id, text};
  return call_presence(words);
}

Result<std::vector<InstanceRecord>> FleetLink::list() {
  const std::array<std::string_view, 1> words = {"list"};
  return call_presence(words);
}

Result<void> FleetLink::leave(const std::string& id) {
  const std::array<std::string_view, 3> words = {"leave", id, ""};
  const auto left = call_presence(words);
  return left ? Result<void>() : fail_with(left.error());
}

}  // namespace rl::redis
