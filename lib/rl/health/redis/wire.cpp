#include "rl/health/redis/wire.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace rl::redis {
namespace {

using json = nlohmann::json;

constexpr std::uint64_t kVersionEnd = std::uint64_t{1} << 48U;  // of the health word

/// The member, if it is a text.
std::optional<std::string> text_in(const json& document, const char* name) {
  const auto found = document.is_object() ? document.find(name) : document.end();
  return found != document.end() && found->is_string() ? std::optional(found->get<std::string>())
                                                       : std::nullopt;
}

template <class Number>
std::optional<Number> number_of(const std::optional<std::string>& text) {
  Number number = 0;
  if (!text) {
    return std::nullopt;
  }
  const char* const end = text->data() + text->size();
  const auto [rest, error] = std::from_chars(text->data(), end, number);
  return error == std::errc{} && rest == end && !text->empty() ? std::optional(number)
                                                               : std::nullopt;
}

std::optional<HealthState> state_of(const std::optional<std::string>& name) {
  for (const HealthState state : {HealthState::kNormal, HealthState::kDegraded}) {
    if (name == to_string(state)) {
      return state;
    }
  }
  return std::nullopt;
}

/// A source that a newer release may know is still a source.
HealthSource source_of(const std::string& name) {
  for (const HealthSource source : {HealthSource::kDefault, HealthSource::kManual}) {
    if (name == to_string(source)) {
      return source;
    }
  }
  return HealthSource::kAuto;
}

std::string dump(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// The version and the state, which are what counts.
std::optional<Health> health_in(const json& document) {
  const auto version = number_of<std::uint64_t>(text_in(document, "version"));
  const auto state = state_of(text_in(document, "state"));
  const auto source = text_in(document, "source");
  if (!version || *version == 0 || *version >= kVersionEnd || !state || !source) {
    return std::nullopt;
  }
  return Health{.version = *version, .state = *state, .source = source_of(*source)};
}

}  // namespace

std::vector<std::string> words_of(const SharedHealth& health) {
  return {std::to_string(health.health.version),
          std::string(to_string(health.health.state)),
          std::string(to_string(health.health.source)),
          health.reason,
          health.by,
          std::to_string(health.since.time_since_epoch().count()),
          health.remaining ? std::to_string(health.remaining->count()) : ""};
}

Result<SharedHealth> parse_health(std::string_view text) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto health = health_in(document);
  const auto reason = text_in(document, "reason");
  const auto by = text_in(document, "by");
  const auto since = number_of<std::int64_t>(text_in(document, "since"));
  const auto remaining = text_in(document, "remaining");
  const auto left = number_of<std::int64_t>(remaining);
  if (!health || !reason || !by || !since || !remaining || (!remaining->empty() && !left)) {
    return fail("what Redis holds as the health of the fleet is none");
  }
  SharedHealth shared{.health = *health,
                      .reason = *reason,
                      .by = *by,
                      .since = WallTime{Micros{*since}},
                      .remaining = {}};
  if (left) {
    shared.remaining = Micros{*left};
  }
  return shared;
}

std::string text_of(const InstanceRecord& instance) {
  json document = {{"id", instance.id},
                   {"program", instance.version},
                   {"data", instance.data},
                   {"admin", instance.admin},
                   {"policy", std::to_string(instance.policy_version)},
                   {"version", std::to_string(instance.health.version)},
                   {"state", std::string(to_string(instance.health.state))},
                   {"source", std::string(to_string(instance.health.source))}};
  if (instance.store) {
    document["store"] = instance.store->kind;
    document["store_p99"] = std::to_string(instance.store->call_p99.count());
    document["without"] = std::to_string(instance.store->without);
  }
  return dump(document);
}

Result<InstanceRecord> parse_instance(std::string_view text) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto health = health_in(document);
  const auto id = text_in(document, "id");
  const auto program = text_in(document, "program");
  const auto data = text_in(document, "data");
  const auto admin = text_in(document, "admin");
  const auto policy = number_of<std::uint64_t>(text_in(document, "policy"));
  if (!health || !id || !program || !data || !admin || !policy) {
    return fail("what Redis holds as an instance is none");
  }
  // An older release does not tell of its store.
  std::optional<InstanceStore> store;
  const auto kind = text_in(document, "store");
  const auto call_p99 = number_of<std::int64_t>(text_in(document, "store_p99"));
  const auto without = number_of<std::uint64_t>(text_in(document, "without"));
  if (kind && call_p99 && without) {
    store = {.kind = *kind, .call_p99 = Micros{*call_p99}, .without = *without};
  }
  return InstanceRecord{.id = *id,
                        .version = *program,
                        .data = *data,
                        .admin = *admin,
                        .policy_version = *policy,
                        .health = *health,
                        .store = std::move(store)};
}

}  // namespace rl::redis
