#pragma once

#include <string>
#include <vector>

#include "rl/base/result.h"
#include "rl/http/gateway/gateway.h"

namespace CLI {  // NOLINT(readability-identifier-naming): not ours
class App;
}

namespace rlserver {

/// The text forms of the options of the gateway.
struct GatewayTexts {
  std::vector<std::string> upstreams = {};
  std::vector<std::string> trusted_proxies = {};
  std::string connect_timeout = "2s";
  std::string first_byte_timeout = "30s";
  std::string timeout = "1h";
};

/// Declares its flags.
void declare_gateway(CLI::App& app, rl::http::Gateway::Options& options, GatewayTexts& texts);

/// Reads what the flags had.
rl::Result<void> convert_gateway(const GatewayTexts& texts, rl::http::Gateway::Options& options);

}  // namespace rlserver
