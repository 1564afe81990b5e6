#include "options.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <vector>

#include "cli/arguments.h"
#include "cli/shell_support.h"
#include "gateway_options.h"
#include "rl/base/duration.h"
#include "rl/base/text.h"
#include "rl/config/data_dir.h"
#include "settings.h"

namespace rlserver {
namespace {

constexpr char kFooter[] = R"(
Every setting can also be made by an environment variable (in brackets above) or, under the name of
its flag without the dashes, in a TOML file (--config). A flag wins over the variable, the variable
over the file.

Examples:
  rlserver --dev                           try it: everything in memory, three demo keys
  rlserver --check-config --tiers t.toml   validate a tiers file and exit
  rlserver --listen 0.0.0.0:8080           serve on all interfaces
  rlserver --upstream http://10.0.0.7:80   be the gateway of an upstream, at /proxy/

Exit status: 0 clean stop, 1 run-time failure, 2 usage, 7 bad configuration.)";

/// The text forms of options whose type is not text, and what is done with when all are known.
struct Texts {
  std::string listen;
  std::string admin_listen;
  std::string log_level = "info";
  std::string log_format = "text";
  std::string store = "memory";
  std::string redis_url = {};
  std::string redis_ca_file = {};
  std::string store_deadline = "5ms";
  std::string on_store_failure = "local";
  std::string known_keys_for = "5m";
  std::string headers = "x-ratelimit,ratelimit,context";
  std::string config = {};
  bool print_config = false;
  GatewayTexts gateway = {};
};

/// Where counters are, and what happens when they cannot be reached.
void declare_store(CLI::App& app, Options& options, Texts& texts) {
  app.add_option("--store", texts.store, "memory, or redis: counters shared by all instances")
      ->envname("RATE_LIMIT_BACKEND")
      ->type_name("memory|redis")
      ->capture_default_str();
  app.add_option("--redis-url", texts.redis_url,
                 "redis://[[user]:password@]host[:port][/database], rediss://… with TLS, or\n"
                 "unix:///path; a password is safer in the variable, as flags can be seen by all")
      ->envname("REDIS_URL");
  app.add_option("--redis-ca-file", texts.redis_ca_file,
                 "the authorities that may have signed the certificate of a rediss:// server, in\n"
                 "PEM; otherwise those of the system")
      ->envname("RL_REDIS_CA_FILE");
  app.add_option("--store-deadline", texts.store_deadline,
                 "how long a decision may wait for the shared store")
      ->envname("RL_STORE_DEADLINE")
      ->capture_default_str();
  app.add_option("--on-store-failure", texts.on_store_failure,
                 "without the shared store: local (an own count, up to this instance's share),\n"
                 "open (admit all) or closed (refuse all with 503)")
      ->envname("RL_ON_STORE_FAILURE")
      ->type_name("local|open|closed")
      ->capture_default_str();
  app.add_option("--known-keys-for", texts.known_keys_for,
                 "how long keys that are remembered are good without the Redis of the users")
      ->envname("RL_KNOWN_KEYS_FOR")
      ->capture_default_str();
  app.add_option("--instances", options.fallback.instances,
                 "how many instances share a limit without the shared store")
      ->envname("RL_INSTANCES")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
}

/// What is asked for once, rather than set.
void declare_actions(CLI::App& app, Options& options, Texts& texts) {
  app.add_option("--config", texts.config, "a TOML file of settings: threads = 32")
      ->envname("RL_CONFIG")
      ->type_name("FILE")
      ->group(kActions);
  app.add_flag("--print-config", texts.print_config,
               "print every setting and where it comes from, then exit")
      ->envname("RL_PRINT_CONFIG")
      ->group(kActions);
  app.add_flag("--check-config", options.check_config, "validate flags and tiers file, then exit")
      ->envname("RL_CHECK_CONFIG")
      ->group(kActions);
  rl::cli::add_completion_option(app)->group(kActions);
  app.set_version_flag("--version", "rlserver " RL_VERSION)->group(kActions);
  app.get_help_ptr()->group(kActions);
  app.footer(kFooter);
}

/// Who may use the admin listener, and TLS.
void declare_access(CLI::App& app, Options& options) {
  app.add_option("--admin-token-file", options.admin_token_file,
                 "file with the admin tokens, mode 0600: lines of NAME ROLE TOKEN (roles: read,\n"
                 "operate, admin) or a token alone (the same in RL_ADMIN_TOKEN; with neither,\n"
                 "the server makes one in its data directory); SIGHUP reads it again")
      ->envname("RL_ADMIN_TOKEN_FILE")
      ->type_name("FILE");
  app.add_option("--max-wrong-tokens", options.max_wrong_tokens,
                 "different wrong admin tokens that a peer may offer in a minute; then it waits;\n"
                 "0: any number")
      ->envname("RL_MAX_WRONG_TOKENS")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  auto* const certificate =
      app.add_option("--tls-cert", options.tls.certificate,
                     "PEM file with the certificate of both listeners: they speak HTTPS alone;\n"
                     "SIGHUP reads it again")
          ->envname("RL_TLS_CERT")
          ->type_name("FILE");
  auto* const key = app.add_option("--tls-key", options.tls.key, "PEM file with its key")
                        ->envname("RL_TLS_KEY")
                        ->type_name("FILE");
  app.add_option("--tls-client-ca", options.tls.client_ca,
                 "PEM file with the authorities of admin clients: the admin listener asks each\n"
                 "for a certificate of one of them, besides the token")
      ->envname("RL_TLS_CLIENT_CA")
      ->type_name("FILE")
      ->needs(certificate);
  certificate->needs(key);
  key->needs(certificate);
}

void declare(CLI::App& app, Options& options, Texts& texts) {
  app.add_option("--tiers", options.tiers, "the tiers file")
      ->envname("RL_TIERS")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--listen", texts.listen, "HOST:PORT of the limited API; port 0: any free one")
      ->envname("RL_LISTEN")
      ->capture_default_str();
  app.add_option("--admin-listen", texts.admin_listen, "HOST:PORT of the admin API")
      ->envname("RL_ADMIN_LISTEN")
      ->capture_default_str();
  app.add_option("--data-dir", options.data_dir, "where the server keeps its files")
      ->envname("RL_DATA_DIR")
      ->type_name("DIR")
      ->capture_default_str();
  declare_access(app, options);
  app.add_option("--ready-file", options.ready_file,
                 "written as JSON with the addresses once the server accepts requests")
      ->envname("RL_READY_FILE")
      ->type_name("FILE");
  app.add_option("--threads", options.threads, "requests answered at a time")
      ->envname("RL_THREADS")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app.add_option("--max-connections", options.max_connections,
                 "the most connections to a listener; one more gets 503")
      ->envname("RL_MAX_CONNECTIONS")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--max-connections-per-peer", options.max_connections_per_peer,
                 "the most of them from one IPv4 address or IPv6 /64")
      ->envname("RL_MAX_CONNECTIONS_PER_PEER")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--max-buckets", options.max_buckets, "the most counters held in memory")
      ->envname("RL_MAX_BUCKETS")
      ->check(CLI::Range(32, 100'000'000))
      ->capture_default_str();
  app.add_option("--max-memory", options.max_memory, "the most memory for counters, in MiB")
      ->envname("RL_MAX_MEMORY")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  declare_store(app, options, texts);
  declare_gateway(app, options.gateway, texts.gateway);
  app.add_option("--headers", texts.headers,
                 "headers of limited responses: none, or a list of x-ratelimit, ratelimit,\n"
                 "context, server-timing")
      ->envname("RL_HEADERS")
      ->capture_default_str();
  app.add_option("--log-level", texts.log_level, "debug, info, warn or error")
      ->envname("RL_LOG_LEVEL")
      ->type_name("debug|info|warn|error")
      ->capture_default_str();
  app.add_option("--log-format", texts.log_format, "text or json")
      ->envname("RL_LOG_FORMAT")
      ->type_name("text|json")
      ->capture_default_str();
  app.add_flag("--open-metrics", options.open_metrics,
               "let everyone who reaches the admin listener read /metrics, without the token")
      ->envname("RL_OPEN_METRICS");
  app.add_flag("--dev", options.dev, "everything in memory, with demo users and keys")
      ->envname("RL_DEV");
}

/// The likely fix of a command line that cannot be read.
std::string hint_for(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* const option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  const std::vector<std::string> unknown = app.remaining();
  const auto meant = unknown.empty() ? std::nullopt : rl::nearest(unknown.front(), names);
  return meant ? fmt::format("did you mean \"{}\"?", *meant) : "rlserver --help shows every flag";
}

rl::Result<void> convert_store(const Texts& texts, Options& options) {
  if (texts.store != "memory" && texts.store != "redis") {
    return rl::fail(fmt::format("\"{}\" is not a store", texts.store), "use memory or redis");
  }
  if (texts.store == "redis") {
    const auto url = rl::parse_redis_url(texts.redis_url);
    if (!url) {
      return texts.redis_url.empty()
                 ? rl::fail("--store redis needs to know where", "give --redis-url or REDIS_URL")
                 : rl::fail_with(url.error());
    }
    options.redis = *url;
    if (!texts.redis_ca_file.empty()) {
      options.redis->ca_file = texts.redis_ca_file;
    }
  }
  const auto deadline = rl::parse_duration(texts.store_deadline);
  if (!deadline || *deadline < std::chrono::milliseconds{1} ||
      *deadline > std::chrono::seconds{10}) {
    return rl::fail(fmt::format("\"{}\" is not a deadline for the store", texts.store_deadline),
                    "use 1ms to 10s");
  }
  options.store_deadline = *deadline;
  const auto on_failure = rl::parse_on_store_failure(texts.on_store_failure);
  if (!on_failure) {
    return rl::fail(fmt::format("\"{}\" is no way without a store", texts.on_store_failure),
                    "use local, open or closed");
  }
  options.fallback.on_failure = *on_failure;
  const auto known_keys_for = rl::parse_duration(texts.known_keys_for);
  if (!known_keys_for || *known_keys_for < std::chrono::seconds{1} ||
      *known_keys_for > std::chrono::hours{24}) {
    return rl::fail(fmt::format("\"{}\" is not a time for --known-keys-for", texts.known_keys_for),
                    "use 1s to 1d");
  }
  options.known_keys_for = *known_keys_for;
  return {};
}

rl::Result<void> convert(const Texts& texts, Options& options) {
  const auto listen = rl::parse_address(texts.listen);
  if (!listen) {
    return rl::fail_with(listen.error());
  }
  const auto admin_listen = rl::parse_address(texts.admin_listen);
  if (!admin_listen) {
    return rl::fail_with(admin_listen.error());
  }
  const auto level = rl::parse_log_level(texts.log_level);
  if (!level) {
    return rl::fail(fmt::format("\"{}\" is not a log level", texts.log_level),
                    "use debug, info, warn or error");
  }
  const auto format = rl::parse_log_format(texts.log_format);
  if (!format) {
    return rl::fail(fmt::format("\"{}\" is not a log format", texts.log_format),
                    "use text or json");
  }
  const auto headers = rl::http::parse_header_groups(texts.headers);
  if (!headers) {
    return rl::fail_with(headers.error());
  }
  options.headers = *headers;
  options.listen = *listen;
  options.admin_listen = *admin_listen;
  if (auto gateway = convert_gateway(texts.gateway, options.gateway); !gateway) {
    return gateway;
  }
  options.log_level = *level;
  options.gateway.log_requests = *level == rl::LogLevel::kDebug;
  options.log_format = *format;
  return convert_store(texts, options);
}

}  // namespace

std::variant<Options, ExitStatus> parse_options(int argc, char** argv) {
  Options options;
  options.data_dir = rl::default_data_dir();
  Texts texts{.listen = options.listen.to_string(),
              .admin_listen = options.admin_listen.to_string()};
  CLI::App app(
      "Rate limits an HTTP API by tier, with fewer or more units as the fleet's health allows.",
      "rlserver");
  declare(app, options, texts);
  declare_actions(app, options, texts);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    app.exit(success);
    return kOk;
  } catch (const CLI::ParseError& error) {
    report({.message = error.what(), .hint = hint_for(app)});
    return kUsage;
  }
  Settings settings(app, rl::cli::arguments_of(argc, argv));
  if (!texts.config.empty()) {
    const rl::Diagnostics faults = settings.read(texts.config);
    for (const rl::Diagnostic& fault : faults) {
      note(fault.to_string());
    }
    if (!faults.empty()) {
      return kBadConfiguration;
    }
  }
  if (const auto converted = convert(texts, options); !converted) {
    if (const auto* const at = settings.quoted_in(converted.error().message)) {
      note(rl::Diagnostic{texts.config, at->line, at->column, converted.error().message,
                          converted.error().hint}
               .to_string());
      return kBadConfiguration;
    }
    report(converted.error());
    return kUsage;
  }
  if (texts.print_config) {
    fmt::print("{}", settings.to_text());
    return kOk;
  }
  return options;
}

void note(std::string_view line) {
  // Not fmt::print: it throws when stderr is closed.
  const std::string text = fmt::format("{}\n", line);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void report(const rl::Error& error) {
  note(fmt::format("rlserver: {}", error.message));
  if (!error.hint.empty()) {
    note(fmt::format("  {}", error.hint));
  }
}

}  // namespace rlserver
