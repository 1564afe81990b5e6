#include "instance.h"

#include <fmt/core.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "admin_access.h"
#include "housekeeping.h"
#include "rl/base/file.h"
#include "rl/base/random.h"
#include "rl/health/lone_instance.h"
#include "rl/health/redis/redis_fleet.h"
#include "rl/http/admin_api.h"
#include "rl/http/api_docs.h"
#include "rl/http/data_api.h"
#include "rl/http/metrics_api.h"
#include "rl/http/probes.h"
#include "rl/identity/demo_identity.h"
#include "rl/identity/directory_identity.h"
#include "rl/identity/usage_recorder.h"
#include "service_manager.h"
#include "tls.h"
#include "usage_keeper.h"
#include "users.h"

namespace rlserver {
namespace {

constexpr std::size_t kAdminThreads = 8;
constexpr rl::Micros kPatienceAtStart = std::chrono::seconds{1};  // for the shared store
constexpr std::size_t kLargestTiersFile = std::size_t{1} << 20U;  // bytes

/// What main() waits for: to be told to stop or to reload, or that a listener failed.
sigset_t awaited_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGUSR1);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

/// A server that lost a listener would look alive and answer nobody: it ends instead.
void fail_whole() {
  ::kill(::getpid(), SIGUSR1);
}

void print_demo_keys(const std::vector<std::string>& tiers, const std::string& url) {
  for (const std::string& tier : tiers) {
    fmt::print("key {} {}\n", tier, rl::DemoIdentity::key_of(tier));
  }
  fmt::print("try: curl -i -H 'X-API-Key: {}' {}/test\n", rl::DemoIdentity::key_of(tiers.front()),
             url);
}

std::unique_ptr<rl::http::Gateway> gateway_of(const Options& options,
                                              const rl::http::Gateway::Parts& parts) {
  return options.gateway.upstreams.empty()
             ? nullptr
             : std::make_unique<rl::http::Gateway>(options.gateway, parts);
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

/// Each connection takes a descriptor, and the usual limit of 1024 is only there for select().
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

/// Everything that makes up a running server, in the order in which it is built.
struct Parts {  // NOLINT(clang-analyzer-optin.performance.Padding): there is one of it
  Parts(const Options& options, rl::Policy policy, const rl::Log& log_to, rl::AdminTokens admins,
        const ListenerTls& tls, Users users)
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
        fallback(redis ? std::make_unique<rl::FallbackStore>(
                             options.fallback,
                             rl::FallbackStore::Parts{
                                 .shared = *redis, .local = memory, .clock = clock, .log = log_to})
                       : nullptr),
        store(fallback ? static_cast<rl::Store&>(*fallback) : memory),
        directory(std::move(users)),
        known_keys(*directory, clock),
        demo_keys(policies, known_keys),
        identity(options.dev ? static_cast<const rl::Identity&>(demo_keys) : known_keys),
        middleware(identity, admission, counters, options.headers),
        gateway(
            gateway_of(options, {.middleware = middleware, .http = http_metrics, .log = log_to})),
        tokens(std::move(admins)),
        throttle(clock, {.wrong_tokens = options.max_wrong_tokens, .hash_seed = random.next()}),
        guard(tokens, throttle, log_to),
        admin_api({.policies = policies,
                   .tiers_file = tiers_file,
                   .health = health,
                   .fleet = fleet,
                   .store = store,
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
               .on_failure = fail_whole,
               .metrics = &http_metrics,
               .tls = tls.admin.get()},
              log) {
    // Without the shared store only what was chosen for that case decides.
    const auto decides = [this,
                          closed = options.fallback.on_failure == rl::OnStoreFailure::kClosed] {
      return !closed || !fallback || fallback->kind() == "redis";
    };
    rl::http::mount_probes(data, ready, decides);
    rl::http::mount_data_api(data, middleware, policies, options.gateway.trusted);
    rl::http::mount_api_docs(data, "data", RL_VERSION);
    rl::http::mount_probes(admin, ready, decides);
    admin_api.mount(admin);
    rl::http::mount_api_docs(admin, "admin", RL_VERSION);
    metrics_api.mount(admin, options.open_metrics ? nullptr : &guard);
  }

  /// What the other instances are told of this one.
  rl::InstanceRecord self() const {
    return {.id = id,
            .version = RL_VERSION,
            .data = data_address.to_string(),
            .admin = admin_address.to_string(),
            .policy_version = policies.snapshot()->version,
            .health = health.word().read()};
  }

  const rl::Log& log;
  const std::vector<std::string> tiers;  ///< that have a demo user
  rl::SystemClock clock;
  rl::SystemRandom random;
  const std::string id = rl::random_hex(random, 4);
  rl::Address data_address;  ///< where the listeners ended up; set before anything starts
  rl::Address admin_address;
  rl::PolicyRegister policies;
  rl::HealthRegister health{clock};
  rl::LoneInstance lone{health, [this] { return self(); }};
  rl::TiersFile tiers_file;
  rl::MemoryStore memory;
  const std::unique_ptr<rl::RedisFleet> shared_fleet;  ///< nullptr: there is this instance alone
  rl::Fleet& fleet;
  const std::unique_ptr<rl::RedisStore> redis;        ///< nullptr: counters in memory
  const std::unique_ptr<rl::FallbackStore> fallback;  ///< around it
  rl::Store& store;
  const Users directory;
  const rl::DirectoryIdentity known_keys;
  const rl::DemoIdentity demo_keys;
  const rl::Identity& identity;
  const std::unique_ptr<rl::UsageLog> usage_log = directory->usage_log();
  rl::UsageMeter usage_meter;
  rl::UsageRecorder usage{usage_meter, *usage_log, clock, log};
  rl::DecisionCounters counters;
  rl::RateMeter rates;
  rl::Admission admission{{.policies = policies,
                           .health = health.word(),
                           .store = store,
                           .clock = clock,
                           .counters = counters,
                           .usage = &usage_meter}};
  rl::http::Middleware middleware;
  rl::HttpMetrics http_metrics{clock};
  const std::unique_ptr<rl::http::Gateway> gateway;  ///< nullptr: there is no upstream
  const rl::http::MetricsApi metrics_api{{.policies = policies,
                                          .tiers_file = tiers_file,
                                          .health = health.word(),
                                          .store = store,
                                          .counters = counters,
                                          .http = http_metrics,
                                          .gateway = gateway.get(),
                                          .shared = fallback.get()},
                                         RL_VERSION};
  rl::AdminTokenRegister tokens;
  const rl::http::LoginThrottle throttle;
  const rl::http::AdminGuard guard;
  rl::http::AdminApi admin_api;
  rl::http::Readiness ready{false};
  rl::http::Server data;
  rl::http::Server admin;
};

/// Writes into the audit log that nobody's token made this change.
void record_reload(Parts& parts, const rl::PolicyUpdate& update) {
  if (update.version == update.before) {
    return;
  }
  const auto written =
      parts.directory->record({.at = parts.clock.wall_now(),
                               .actor = "rlserver",
                               .action = "tiers.change",
                               .subject = "SIGHUP",
                               .before = fmt::format("policy v{}", update.before),
                               .after = fmt::format("policy v{}", update.version)});
  if (!written) {
    parts.log.error("a change is missing in the audit log",
                    {{"action", "tiers.change"}, {"why", written.error().message}});
  }
}

/// Reads again what SIGHUP asks for: the tiers file, the admin tokens, the certificates. What
/// cannot be used leaves what is in force; the log tells.
void reload(Parts& parts, const std::string& token_file, const ListenerTls& tls) {
  if (const auto tiers = parts.tiers_file.reload({.cause = "SIGHUP"})) {
    record_reload(parts, *tiers);
  }
  if (!token_file.empty()) {
    auto tokens = read_tokens(token_file);
    if (tokens) {
      parts.log.info("admin tokens reloaded", {{"tokens", tokens->size()}});
      parts.tokens.install(*std::move(tokens));
    } else {
      parts.log.error("the admin tokens in force stay", {{"why", tokens.error().message}});
    }
  }
  tls.reload(parts.log);
}

/// Waits for one of the signals that end the server, and reloads at each SIGHUP.
int await_end(const sigset_t& signals, const std::function<void()>& on_hangup) {
  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGHUP) {
      return signal;
    }
    on_hangup();
  }
}

/// A Redis that cannot be reached is started without; one that can be and refuses us is a mistake.
rl::Result<void> await_shared_store(const Options& options, const Parts& parts) {
  if (!parts.redis || parts.redis->wait_until_connected(kPatienceAtStart)) {
    return {};
  }
  if (const auto refusal = parts.redis->refusal()) {
    return rl::fail_with(*refusal);
  }
  parts.log.warn("starting without the shared store", {{"redis", options.redis->to_string()}});
  return {};
}

/// Serves until a stop signal comes.
rl::Result<void> serve(const Options& options, Parts& parts, const DataDirectory& directory,
                       const std::string& token_file, const ListenerTls& tls,
                       const sigset_t& signals) {
  const auto data = parts.data.bind(options.listen);
  if (!data) {
    return rl::fail_with(data.error());
  }
  const auto admin = parts.admin.bind(options.admin_listen);
  if (!admin) {
    return rl::fail_with(admin.error());
  }
  parts.admin_api.set_addresses(*data, *admin);
  parts.data_address = *data;
  parts.admin_address = *admin;
  if (!options.ready_file.empty()) {
    ::unlink(options.ready_file.c_str());  // who waits for it must not see that of an earlier run
  }

  const Housekeeping housekeeping({.health = parts.health,
                                   .tiers = parts.tiers_file,
                                   .memory = parts.memory,
                                   .fallback = parts.fallback.get(),
                                   .policies = parts.policies,
                                   .counters = parts.counters,
                                   .rates = parts.rates,
                                   .clock = parts.clock,
                                   .log = parts.log});
  const UsageKeeper usage_keeper(parts.usage);
  if (parts.shared_fleet) {
    parts.shared_fleet->start();
    static_cast<void>(parts.shared_fleet->wait_until_joined(kPatienceAtStart));
  }
  parts.data.start();
  parts.admin.start();
  parts.ready = true;

  const std::string addresses =
      nlohmann::json{
          {"pid", ::getpid()},
          {"data", data->to_string()},
          {"admin", admin->to_string()},
          {"tls", tls.is_on()},
          {"token_file", token_file.empty() ? nlohmann::json(nullptr) : nlohmann::json(token_file)}}
          .dump() +
      "\n";
  rl::Result<void> told = directory.publish(addresses);
  if (told && !options.ready_file.empty()) {
    told = rl::write_file(options.ready_file, addresses, rl::FileMode::kPublic);
  }
  if (told) {
    fmt::print("listening data={} admin={}\n", data->to_string(), admin->to_string());
    if (!parts.tiers.empty()) {
      print_demo_keys(parts.tiers, (tls.is_on() ? "https://" : "http://") + data->to_string());
    }
    std::fflush(stdout);
    notify_service_manager("READY=1");
    if (const int signal = await_end(signals, [&] { reload(parts, token_file, tls); });
        signal == SIGUSR1) {
      told = rl::fail("a listener failed");
    } else {
      parts.log.info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
    }
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);  // a second one ends the process at once
  }
  notify_service_manager("STOPPING=1");
  parts.ready = false;
  parts.data.stop();
  parts.admin.stop();
  return told;
}

}  // namespace

ExitStatus run(const Options& options, rl::Policy policy) {
  // A client that goes away is an error of one write, not of the server.
  ::signal(SIGPIPE, SIG_IGN);
  const sigset_t signals = awaited_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread, so that all inherit it
  raise_descriptor_limit();
  const rl::Log log(options.log_level, options.log_format);
  const auto directory = DataDirectory::open(options.data_dir);
  if (!directory) {
    report(directory.error());
    return kFailure;
  }
  auto access = find_admin_access(options, *directory);
  const auto tls = open_tls(options);
  if (!access || !tls) {
    report(!access ? access.error() : tls.error());
    return kBadConfiguration;
  }
  const rl::SystemClock clock;
  auto users = open_users(options, *directory, policy, clock, log);
  if (!users) {
    report(users.error());
    return kFailure;
  }
  warn_of_tls(options, *tls, clock, log);
  Parts parts(options, std::move(policy), log, std::move(access->tokens), *tls, std::move(*users));
  if (const auto known = parts.directory->list_users({.limit = 1}); known && known->empty()) {
    log.warn("there are no users yet: every API key is refused",
             {{"hint", "rlctl users create makes one, and rlserver --dev has demo users"}});
  } else if (!parts.tiers.empty() && !options.listen.is_loopback()) {
    log.warn("demo keys are known to everyone and this listener can be reached from outside",
             {{"listen", options.listen.to_string()}});
  }
  if (const auto fit = parts.memory.stats().max_buckets; fit < options.max_buckets) {
    log.warn("fewer counters fit into the memory than were asked for",
             {{"max_buckets", fit}, {"hint", "raise --max-memory"}});
  }
  if (const auto usable = await_shared_store(options, parts); !usable) {
    report(usable.error());
    return kBadConfiguration;
  }
  const auto served = serve(options, parts, *directory, access->file, *tls, signals);
  if (!served) {
    report(served.error());
    return kFailure;
  }
  return kOk;
}

}  // namespace rlserver
