#include "parts.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "rl/http/api_docs.h"
#include "rl/http/data_api.h"

namespace rlserver {
namespace {

constexpr std::size_t kAdminThreads = 8;
constexpr std::size_t kLargestTiersFile = std::size_t{1} << 20U;  // bytes

/// A server that lost a listener would look alive and answer nobody: it ends instead.
void fail_whole() {
  ::kill(::getpid(), SIGUSR1);
}

std::unique_ptr<rl::http::Gateway> gateway_of(const Options& options,
                                              const rl::http::Gateway::Parts& parts) {
  return options.gateway.upstreams.empty()
             ? nullptr
             : std::make_unique<rl::http::Gateway>(options.gateway, parts);
}

/// Whether the requests of any tier are decided without the shared store.
bool decides_alone(const rl::Policy& policy, rl::OnStoreFailure unless_said) {
  return std::any_of(policy.tiers.begin(), policy.tiers.end(), [&](const rl::Tier& tier) {
    return tier.on_store_failure.value_or(unless_said) != rl::OnStoreFailure::kClosed;
  });
}

std::unique_ptr<rl::RedisStore> redis_of(const Options& options, const rl::Clock& clock,
                                         const rl::Log& log) {
  if (!options.redis) {
    return nullptr;
  }
  return std::make_unique<rl::RedisStore>(
      rl::RedisStore::Options{.url = *options.redis, .deadline = options.store_deadline}, clock,
      log);
}

}  // namespace

Parts::Parts(const Options& options, rl::Policy policy, const rl::Log& log_to,
             rl::AdminTokens admins, const ListenerTls& tls, Users users)
    : log(log_to),
      tiers(demo_tiers(options, policy)),
      policies(std::move(policy)),
      tiers_file(options.tiers, {.policies = policies, .clock = clock, .log = log_to}),
      memory(clock, {.max_buckets = options.max_buckets,
                     .max_bytes = options.max_memory << 20U,
                     .hash_seed = random.next()}),
      shared_fleet(options.redis ? std::make_unique<rl::RedisFleet>(
                                       rl::redis::FleetPlace{.url = *options.redis},
                                       rl::RedisFleet::Parts{.health = health,
                                                             .self = [this] { return self(); },
                                                             .random = random,
                                                             .log = log_to})
                                 : nullptr),
      fleet(shared_fleet ? static_cast<rl::Fleet&>(*shared_fleet) : lone),
      redis(redis_of(options, clock, log_to)),
      fallback(
          redis ? std::make_unique<rl::FallbackStore>(
                      options.fallback,
                      rl::FallbackStore::Parts{.shared = *redis,
                                               .local = memory,
                                               .clock = clock,
                                               .log = log_to,
                                               .present = [this] { return shared_fleet->count(); }})
                : nullptr),
      store(fallback ? static_cast<rl::Store&>(*fallback) : memory),
      directory(std::move(users)),
      own_changes({.directory = *directory,
                   .health = health,
                   .clock = clock,
                   .log = log_to,
                   .instance = id}),
      known_keys(*directory, clock),
      demo_keys(policies, known_keys),
      identity(options.dev ? static_cast<const rl::Identity&>(demo_keys) : known_keys),
      middleware(identity, admission, counters, options.headers),
      gateway(gateway_of(options, {.middleware = middleware, .http = http_metrics, .log = log_to})),
      tokens(std::move(admins)),
      throttle(clock, {.wrong_tokens = options.max_wrong_tokens, .hash_seed = random.next()}),
      guard(tokens, throttle, log_to),
      admin_api({.policies = policies,
                 .tiers_file = tiers_file,
                 .health = health,
                 .fleet = fleet,
                 .store = store,
                 .shared = fallback.get(),
                 .identity = identity,
                 .directory = *directory,
                 .usage = usage,
                 .random = random,
                 .admission = admission,
                 .counters = counters,
                 .rates = rates,
                 .clock = clock,
                 .log = log},
                {.id = id,
                 .version = RL_VERSION,
                 .dev = options.dev,
                 .data = options.listen,
                 .admin = options.admin_listen,
                 .started = clock.now()},
                guard),
      data({.name = "data",
            .threads = options.threads,
            // A request waits for nothing, and more threads than that are in the way.
            .takers = std::thread::hardware_concurrency(),
            .max_connections = options.max_connections,
            .max_connections_per_peer = options.max_connections_per_peer,
            .on_failure = fail_whole,
            .metrics = &http_metrics,
            .tls = tls.data.get(),
            .streamed = gateway.get()},
           log),
      admin({.name = "admin",
             .threads = kAdminThreads,
             .max_body = kLargestTiersFile,
             .max_connections = options.max_connections,
             .max_connections_per_peer = options.max_connections_per_peer,
             .plain_bodies = true,
             .on_failure = fail_whole,
             .metrics = &http_metrics,
             .tls = tls.admin.get()},
            log) {
  // Without the shared store only what was chosen for that case decides.
  const auto decides = [this, choice = options.fallback.on_failure] {
    return !fallback || fallback->kind() == "redis" || decides_alone(*policies.snapshot(), choice);
  };
  rl::http::mount_probes(data, ready, decides);
  rl::http::mount_data_api(data, middleware, policies, options.gateway.trusted);
  rl::http::mount_api_docs(data, "data", RL_VERSION);
  rl::http::mount_probes(admin, ready, decides);
  admin_api.mount(admin);
  rl::http::mount_api_docs(admin, "admin", RL_VERSION);
  metrics_api.mount(admin, options.open_metrics ? nullptr : &guard);
}

std::optional<rl::InstanceStore> Parts::store_of_self() const {
  if (!fallback) {
    return std::nullopt;
  }
  return rl::InstanceStore{.kind = std::string(fallback->kind()),
                           .call_p99 = redis->shared_stats().call_p99,
                           .without = fallback->fallen_back()};
}

rl::InstanceRecord Parts::self() const {
  return {.id = id,
          .version = RL_VERSION,
          .data = data_address.to_string(),
          .admin = admin_address.to_string(),
          .policy_version = policies.snapshot()->version,
          .health = health.word().read(),
          .store = store_of_self()};
}

}  // namespace rlserver
