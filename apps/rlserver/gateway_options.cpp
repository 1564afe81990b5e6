#include "gateway_options.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "rl/base/duration.h"

namespace rlserver {
namespace {

/// Reads a duration of 1 ms to a day.
rl::Result<void> convert_timeout(const char* flag, const std::string& text,
                                 std::chrono::milliseconds& into) {
  const auto duration = rl::parse_duration(text);
  if (!duration || *duration < std::chrono::milliseconds{1} || *duration > std::chrono::hours{24}) {
    return rl::fail(fmt::format("\"{}\" is not a time for {}", text, flag), "use 1ms to 1d");
  }
  into = std::chrono::duration_cast<std::chrono::milliseconds>(*duration);
  return {};
}

}  // namespace

void declare_gateway(CLI::App& app, rl::http::Gateway::Options& options, GatewayTexts& texts) {
  app.add_option("--upstream", texts.upstreams,
                 "http[s]://HOST[:PORT][/PATH] that /proxy/ passes admitted requests on to; given\n"
                 "several times: addresses of the same upstream, of which a dead one is left out")
      ->envname("RL_UPSTREAM")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--upstream-ca", options.ca_file,
                 "the authorities that may have signed the certificate of an https upstream, in\n"
                 "PEM; otherwise those of the system")
      ->envname("RL_UPSTREAM_CA");
  app.add_option("--upstream-in-flight", options.most_in_flight,
                 "the most requests under way to the upstream; one more gets 503")
      ->envname("RL_UPSTREAM_IN_FLIGHT")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--upstream-connect-timeout", texts.connect_timeout,
                 "how long connecting to an address of the upstream may take")
      ->envname("RL_UPSTREAM_CONNECT_TIMEOUT")
      ->capture_default_str();
  app.add_option("--upstream-first-byte-timeout", texts.first_byte_timeout,
                 "how long the upstream may take to begin its response")
      ->envname("RL_UPSTREAM_FIRST_BYTE_TIMEOUT")
      ->capture_default_str();
  app.add_option("--upstream-timeout", texts.timeout, "how long a proxied request may take in all")
      ->envname("RL_UPSTREAM_TIMEOUT")
      ->capture_default_str();
  app.add_flag("--pass-api-key", options.pass_api_key, "pass the API key on to the upstream")
      ->envname("RL_PASS_API_KEY");
  app.add_option("--trusted-proxies", texts.trusted_proxies,
                 "addresses and networks whose X-Forwarded-… headers are believed, separated by\n"
                 "commas, instead of this machine (127.0.0.0/8,::1); none: nobody's")
      ->envname("RL_TRUSTED_PROXIES")
      ->delimiter(',')
      ->allow_extra_args(false);
}

rl::Result<void> convert_gateway(const GatewayTexts& texts, rl::http::Gateway::Options& options) {
  for (const std::string& text : texts.upstreams) {
    auto url = rl::http::parse_upstream_url(text);
    if (!url) {
      return rl::fail_with(url.error());
    }
    options.upstreams.push_back(*std::move(url));
  }
  if (!texts.trusted_proxies.empty()) {
    auto trusted = rl::http::TrustedProxies::parse(texts.trusted_proxies);
    if (!trusted) {
      return rl::fail_with(trusted.error());
    }
    options.trusted = *std::move(trusted);
  }
  struct Timeout {
    const char* flag;
    const std::string& text;
    std::chrono::milliseconds& into;
  };
  rl::http::UpstreamPatience& patience = options.patience;
  for (const Timeout& timeout :
       {Timeout{"--upstream-connect-timeout", texts.connect_timeout, patience.connect},
        Timeout{"--upstream-first-byte-timeout", texts.first_byte_timeout, patience.first_byte},
        Timeout{"--upstream-timeout", texts.timeout, patience.total}}) {
    if (auto converted = convert_timeout(timeout.flag, timeout.text, timeout.into); !converted) {
      return converted;
    }
  }
  return {};
}

}  // namespace rlserver
