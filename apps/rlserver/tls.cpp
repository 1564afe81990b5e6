#include "tls.h"

#include "rl/base/duration.h"

namespace rlserver {

void ListenerTls::reload(const rl::Log& log) const {
  for (const auto* const endpoint : {&data, &admin}) {
    if (*endpoint == nullptr) {
      continue;
    }
    if (const auto reloaded = (*endpoint)->reload(); !reloaded) {
      log.error("the TLS certificate in force stays", {{"why", reloaded.error().message}});
    } else {
      log.info("TLS certificate reloaded",
               {{"listener", endpoint == &data ? "data" : "admin"},
                {"valid_until", rl::format_utc((*endpoint)->valid_until())}});
    }
  }
}

rl::Result<ListenerTls> open_tls(const Options& options) {
  ListenerTls tls;
  if (!options.gateway.ca_file.empty()) {
    // A wrong file would otherwise show with the first request.
    if (const auto checked = rl::http::check_authorities(options.gateway.ca_file); !checked) {
      return rl::fail_with(checked.error());
    }
  }
  if (options.tls.certificate.empty()) {
    return tls;
  }
  auto data =
      rl::http::TlsEndpoint::open({.certificate = options.tls.certificate, .key = options.tls.key});
  if (!data) {
    return rl::fail_with(data.error());
  }
  auto admin = rl::http::TlsEndpoint::open(options.tls);
  if (!admin) {
    return rl::fail_with(admin.error());
  }
  tls.data = *std::move(data);
  tls.admin = *std::move(admin);
  return tls;
}

void warn_of_tls(const Options& options, const ListenerTls& tls, const rl::Clock& clock,
                 const rl::Log& log) {
  if (!tls.is_on() && !options.admin_listen.is_loopback()) {
    log.warn(
        "admin tokens travel in the clear: the admin listener can be reached from outside "
        "and has no TLS",
        {{"listen", options.admin_listen.to_string()}, {"hint", "--tls-cert and --tls-key"}});
  }
  if (tls.is_on() && tls.admin->valid_until() <= clock.wall_now()) {
    log.warn("the TLS certificate has ended: clients will refuse it",
             {{"valid_until", rl::format_utc(tls.admin->valid_until())}});
  }
}

}  // namespace rlserver
