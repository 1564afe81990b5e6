#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "rl/base/address.h"
#include "rl/base/log.h"
#include "rl/http/gateway/gateway.h"
#include "rl/http/header_groups.h"
#include "rl/http/tls/tls_endpoint.h"
#include "rl/store/fallback/fallback_store.h"

namespace rlserver {

/// Exit statuses (contract).
enum ExitStatus { kOk = 0, kFailure = 1, kUsage = 2, kBadConfiguration = 7 };

/// What the command line and the environment ask for.
struct Options {
  std::string tiers = "tiers.toml";
  rl::Address listen{"127.0.0.1", 8080};
  rl::Address admin_listen{"127.0.0.1", 8081};
  std::string data_dir;
  std::string admin_token_file;
  std::uint32_t max_wrong_tokens = 10;  ///< of one peer in a minute; 0: any number
  rl::http::TlsFiles tls;               ///< empty: plain HTTP
  std::string ready_file;
  std::size_t threads = 16;
  std::size_t max_connections = 16384;
  std::size_t max_connections_per_peer = 16384;
  std::size_t max_buckets = 1'000'000;
  std::size_t max_memory = 1024;      ///< MiB, for counters
  std::optional<rl::RedisUrl> redis;  ///< of the shared store; nothing: counters in memory
  rl::Micros store_deadline = std::chrono::milliseconds{5};
  rl::Micros known_keys_for = std::chrono::minutes{5};  ///< without the Redis of the users
  rl::FallbackStore::Options fallback;
  rl::LogLevel log_level = rl::LogLevel::kInfo;
  rl::LogFormat log_format = rl::LogFormat::kText;
  rl::http::HeaderGroups headers;
  rl::http::Gateway::Options gateway;  ///< without an upstream there is none
  bool open_metrics = false;           ///< /metrics without a token
  bool check_config = false;
  bool dev = false;
};

/// Reads the command line, then the environment (RL_…). Where there is nothing to run (--help,
/// --version, a mistake) it has said so, and the exit status comes back instead.
std::variant<Options, ExitStatus> parse_options(int argc, char** argv);

/// Writes one line to stderr.
void note(std::string_view line);

/// Tells a person on stderr what failed and how to mend it.
void report(const rl::Error& error);

}  // namespace rlserver
