#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rl/base/random.h"
#include "rl/http/exchange.h"
#include "rl/http/trusted_proxies.h"

namespace rl::http {

/// What an upstream is asked: a request of ours, of which only the body is the client's. Good as
/// long as the head that it was made of.
struct UpstreamRequest {
  std::string method;
  std::string path;  ///< below the base of the upstream, with the query
  std::vector<std::pair<std::string_view, std::string>> fields;  ///< but Host and the framing's
  std::size_t content_length = 0;
  bool chunked = false;
  std::string trace;  ///< the traceparent among the fields

  bool has_body() const { return chunked || content_length > 0; }
};

/// The path that all requests for the gateway are below.
inline constexpr std::string_view kGatewayPath = "/proxy";
inline constexpr char kGatewayRoute[] = "/proxy/{path}";  ///< as metrics and documentation name it

/// What a request is made of beside the client's own.
struct ForwardContext {
  const TrustedProxies& trusted;
  std::uint64_t user_id;
  std::string_view tier;
  Random& random;
  bool pass_api_key = false;
};

/// Turns a request for the gateway into the one for the upstream (RFC 9110, sections 7.6
/// and 7.6.3): what concerns one connection alone is left out, and so is what a client could only
/// say of itself to be taken for somebody else, in spellings with "_" as well. Precondition: the
/// target is below kGatewayPath.
UpstreamRequest make_upstream_request(const RequestHead& head, const Ends& ends,
                                      const ForwardContext& context);

/// Whether sending it twice does no more than sending it once (RFC 9110, section 9.2.2).
bool is_idempotent(std::string_view method);

/// Whether a field belongs to one connection alone, by its own name or because
/// `connection_options`, the words of all Connection fields, name it.
bool is_hop_by_hop(std::string_view name, const std::vector<std::string_view>& connection_options);

/// The words of a comma-separated list, added to `words`.
void add_words(std::string_view list, std::vector<std::string_view>& words);

}  // namespace rl::http
