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
#include "parts.h"
#include "rl/base/file.h"
#include "rl/identity/demo_identity.h"
#include "service_manager.h"
#include "tls.h"
#include "usage_keeper.h"
#include "users.h"

namespace rlserver {
namespace {

constexpr rl::Micros kPatienceAtStart = std::chrono::seconds{1};  // for the shared store

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

void print_demo_keys(const std::vector<std::string>& tiers, const std::string& url) {
  for (const std::string& tier : tiers) {
    fmt::print("key {} {}\n", tier, rl::DemoIdentity::key_of(tier));
  }
  fmt::print("try: curl -i -H 'X-API-Key: {}' {}/test\n", rl::DemoIdentity::key_of(tiers.front()),
             url);
}

/// Each connection takes a descriptor, and the usual limit of 1024 is only there for select().
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

/// Reads again what SIGHUP asks for: the tiers file, the admin tokens, the certificates. What
/// cannot be used leaves what is in force; the log tells.
void reload(Parts& parts, const std::string& token_file, const ListenerTls& tls) {
  if (const auto tiers = parts.tiers_file.reload({.cause = "SIGHUP"})) {
    parts.own_changes.policy_loaded("SIGHUP", *tiers);
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
                                   .own_changes = parts.own_changes,
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
