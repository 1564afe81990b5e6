#include "instance.h"

#include <fmt/core.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "housekeeping.h"
#include "rl/base/file.h"
#include "rl/base/random.h"
#include "rl/http/admin_api.h"
#include "rl/http/api_docs.h"
#include "rl/http/data_api.h"
#include "rl/http/metrics_api.h"
#include "rl/http/probes.h"
#include "rl/identity/demo_identity.h"
#include "rl/identity/directory_identity.h"
#include "rl/identity/sqlite/sqlite_directory.h"
#include "service_manager.h"

namespace rlserver {
namespace {

constexpr std::size_t kAdminThreads = 8;
constexpr rl::Micros kPatienceAtStart = std::chrono::seconds{1};  // for the shared store
constexpr std::size_t kLargestTiersFile = std::size_t{1} << 20U;  // bytes

/// The admin token, and the file that local tools can read it from (empty: none).
struct AdminToken {
  std::string token;
  std::string file;
};

rl::Result<AdminToken> find_admin_token(const Options& options, const DataDirectory& directory) {
  std::string file = options.admin_token_file;
  if (file.empty()) {
    const char* const token = std::getenv("RL_ADMIN_TOKEN");  // NOLINT(concurrency-mt-unsafe)
    if (token != nullptr && *token != '\0') {
      const auto checked = checked_token(token, "the variable RL_ADMIN_TOKEN");
      return checked ? rl::Result<AdminToken>(AdminToken{*checked, ""})
                     : rl::fail_with(checked.error());
    }
    if (!options.admin_listen.is_loopback()) {
      return rl::fail(
          fmt::format("the admin listener {} can be reached from outside and has no token",
                      options.admin_listen.to_string()),
          "give it one with --admin-token-file or RL_ADMIN_TOKEN");
    }
    const auto own = directory.own_token_file();
    if (!own) {
      return rl::fail_with(own.error());
    }
    file = *own;
  }
  const auto token = read_token(file);
  if (!token) {
    return rl::fail_with(token.error());
  }
  // Absolute, because local tools read it from other working directories.
  std::error_code ignored;
  return AdminToken{*token, std::filesystem::absolute(file, ignored).string()};
}

std::vector<std::string> demo_tiers(const Options& options, const rl::Policy& policy) {
  std::vector<std::string> names;
  for (const rl::Tier& tier : policy.tiers) {
    if (options.dev) {
      names.push_back(tier.name);
    }
  }
  return names;
}

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

void print_demo_keys(const std::vector<std::string>& tiers, const rl::Address& data) {
  for (const std::string& tier : tiers) {
    fmt::print("key {} {}\n", tier, rl::DemoIdentity::key_of(tier));
  }
  fmt::print("try: curl -i -H 'X-API-Key: {}' http://{}/test\n",
             rl::DemoIdentity::key_of(tiers.front()), data.to_string());
}

using Users = std::unique_ptr<rl::UserDirectory>;

/// The users in the data directory; with --dev in memory, and the demo users are the first of them.
rl::Result<Users> open_users(const Options& options, const DataDirectory& directory,
                             const rl::Policy& policy, const rl::Clock& clock) {
  auto opened = rl::SqliteDirectory::open(options.dev ? ":memory:" : directory.users_file(), clock);
  if (!opened) {
    return rl::fail_with(opened.error());
  }
  for (const std::string& tier : demo_tiers(options, policy)) {
    const auto made =
        (*opened)->create_user({.name = rl::DemoIdentity::user_of(tier), .tier = tier},
                               {.name = "rlserver --dev", .origin = ""});
    if (!made) {
      return rl::fail(made.error().message);
    }
  }
  return Users(std::move(*opened));
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
  Parts(const Options& options, rl::Policy policy, const rl::Log& log_to, std::string token,
        Users users)
      : log(log_to),
        tiers(demo_tiers(options, policy)),
        policies(std::move(policy)),
        tiers_file(options.tiers, {.policies = policies, .clock = clock, .log = log_to}),
        memory(clock, {.max_buckets = options.max_buckets,
                       .max_bytes = options.max_memory << 20U,
                       .hash_seed = random.next()}),
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
        metrics_guard({token}),
        admin_api({.policies = policies,
                   .tiers_file = tiers_file,
                   .health = health,
                   .store = store,
                   .identity = identity,
                   .directory = *directory,
                   .random = random,
                   .admission = admission,
                   .counters = counters,
                   .rates = rates,
                   .clock = clock,
                   .log = log},
                  {.id = rl::random_hex(random, 4),
                   .version = RL_VERSION,
                   .dev = options.dev,
                   .data = options.listen,
                   .admin = options.admin_listen,
                   .started = clock.now()},
                  {std::move(token)}),
        data({.name = "data",
              .threads = options.threads,
              .max_connections = options.max_connections,
              .max_connections_per_peer = options.max_connections_per_peer,
              .on_failure = fail_whole,
              .metrics = &http_metrics},
             log),
        admin({.name = "admin",
               .threads = kAdminThreads,
               .max_body = kLargestTiersFile,
               .max_connections = options.max_connections,
               .max_connections_per_peer = options.max_connections_per_peer,
               .on_failure = fail_whole,
               .metrics = &http_metrics},
              log) {
    // Without the shared store only what was chosen for that case decides.
    const auto decides = [this,
                          closed = options.fallback.on_failure == rl::OnStoreFailure::kClosed] {
      return !closed || !fallback || fallback->kind() == "redis";
    };
    rl::http::mount_probes(data, ready, decides);
    rl::http::mount_data_api(data, middleware, policies);
    rl::http::mount_api_docs(data, "data", RL_VERSION);
    rl::http::mount_probes(admin, ready, decides);
    admin_api.mount(admin);
    rl::http::mount_api_docs(admin, "admin", RL_VERSION);
    metrics_api.mount(admin, options.open_metrics ? nullptr : &metrics_guard);
  }

  const rl::Log& log;
  const std::vector<std::string> tiers;  ///< that have a demo user
  rl::SystemClock clock;
  rl::SystemRandom random;
  rl::PolicyRegister policies;
  rl::HealthRegister health{clock};
  rl::TiersFile tiers_file;
  rl::MemoryStore memory;
  const std::unique_ptr<rl::RedisStore> redis;        ///< nullptr: counters in memory
  const std::unique_ptr<rl::FallbackStore> fallback;  ///< around it
  rl::Store& store;
  const Users directory;
  const rl::DirectoryIdentity known_keys;
  const rl::DemoIdentity demo_keys;
  const rl::Identity& identity;
  rl::DecisionCounters counters;
  rl::RateMeter rates;
  rl::Admission admission{{.policies = policies,
                           .health = health.word(),
                           .store = store,
                           .clock = clock,
                           .counters = counters}};
  rl::http::Middleware middleware;
  rl::HttpMetrics http_metrics{clock};
  const rl::http::MetricsApi metrics_api{{.policies = policies,
                                          .tiers_file = tiers_file,
                                          .health = health.word(),
                                          .store = store,
                                          .counters = counters,
                                          .http = http_metrics},
                                         RL_VERSION};
  const rl::http::AdminGuard metrics_guard;
  rl::http::AdminApi admin_api;
  rl::http::Readiness ready{false};
  rl::http::Server data;
  rl::http::Server admin;
};

/// Waits for one of the signals that end the server, and reloads the tiers file at each SIGHUP.
int await_end(const sigset_t& signals, rl::TiersFile& tiers) {
  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGHUP) {
      return signal;
    }
    static_cast<void>(tiers.reload({.cause = "SIGHUP"}));  // told in the log
  }
}

/// Serves until a stop signal comes.
rl::Result<void> serve(const Options& options, Parts& parts, const DataDirectory& directory,
                       const std::string& token_file, const sigset_t& signals) {
  const auto data = parts.data.bind(options.listen);
  if (!data) {
    return rl::fail_with(data.error());
  }
  const auto admin = parts.admin.bind(options.admin_listen);
  if (!admin) {
    return rl::fail_with(admin.error());
  }
  parts.admin_api.set_addresses(*data, *admin);
  if (!options.ready_file.empty()) {
    ::unlink(options.ready_file.c_str());  // who waits for it must not see that of an earlier run
  }

  const Housekeeping housekeeping({.health = parts.health,
                                   .tiers = parts.tiers_file,
                                   .memory = parts.memory,
                                   .fallback = parts.fallback.get(),
                                   .counters = parts.counters,
                                   .rates = parts.rates,
                                   .clock = parts.clock,
                                   .log = parts.log});
  if (parts.redis) {
    parts.log.warn("the health is not shared: set it on each instance");
  }
  if (parts.redis && !parts.redis->wait_until_connected(kPatienceAtStart)) {
    parts.log.warn("starting without the shared store", {{"redis", options.redis->to_string()}});
  }
  parts.data.start();
  parts.admin.start();
  parts.ready = true;

  const std::string addresses =
      nlohmann::json{
          {"pid", ::getpid()},
          {"data", data->to_string()},
          {"admin", admin->to_string()},
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
      print_demo_keys(parts.tiers, *data);
    }
    std::fflush(stdout);
    notify_service_manager("READY=1");
    if (const int signal = await_end(signals, parts.tiers_file); signal == SIGUSR1) {
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
  const auto token = find_admin_token(options, *directory);
  if (!token) {
    report(token.error());
    return kBadConfiguration;
  }
  const rl::SystemClock clock;
  auto users = open_users(options, *directory, policy, clock);
  if (!users) {
    report(users.error());
    return kFailure;
  }
  Parts parts(options, std::move(policy), log, token->token, std::move(*users));
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
  const auto served = serve(options, parts, *directory, token->file, signals);
  if (!served) {
    report(served.error());
    return kFailure;
  }
  return kOk;
}

}  // namespace rlserver
