#include "rl/http/credential.h"

#include <iterator>

#include "rl/base/text.h"

namespace rl::http {
namespace {

constexpr std::string_view kBearer = "bearer ";

std::string bearer_token(std::string_view field) {
  // The scheme's name is case-insensitive (RFC 9110, section 11.1).
  if (to_lower(field.substr(0, kBearer.size())) != kBearer) {
    return {};
  }
  const std::size_t begin = field.find_first_not_of(' ', kBearer.size());
  return begin == std::string_view::npos ? std::string{} : std::string(field.substr(begin));
}

}  // namespace

std::string bearer_token_of(const httplib::Request& request) {
  const auto [first, last] = request.headers.equal_range("Authorization");
  const bool one = first != last && std::next(first) == last;
  return one ? bearer_token(first->second) : std::string{};
}

Result<std::string, Problem> api_key_of(const httplib::Request& request) {
  std::string key;
  const auto consider = [&key](std::string candidate) {
    if (candidate.empty() || candidate == key) {
      return true;
    }
    const bool first = key.empty();
    key = std::move(candidate);
    return first;
  };
  bool one = true;
  const auto [first_key, last_key] = request.headers.equal_range("X-API-Key");
  for (auto field = first_key; field != last_key; ++field) {
    one = consider(field->second) && one;
  }
  const auto [first_auth, last_auth] = request.headers.equal_range("Authorization");
  for (auto field = first_auth; field != last_auth; ++field) {
    one = consider(bearer_token(field->second)) && one;
  }
  if (!one) {
    return fail_with(Problem{.status = 400,
                             .title = {},
                             .detail = "the request carries two different API keys; send one"});
  }
  if (key.empty()) {
    return fail_with(unauthorized("send your API key in the header X-API-Key"));
  }
  return key;
}

Problem unauthorized(std::string detail) {
  return {.status = 401, .title = {}, .detail = std::move(detail)};
}

}  // namespace rl::http
