#include "rl/http/credential.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rl::http {
namespace {

constexpr std::string_view kBearer = "bearer ";

std::string_view bearer_token(std::string_view field) {
  // The scheme's name is case-insensitive (RFC 9110, section 11.1).
  if (!same_word(field.substr(0, kBearer.size()), kBearer)) {
    return {};
  }
  field.remove_prefix(kBearer.size());
  return field.substr(std::min(field.find_first_not_of(' '), field.size()));
}

/// Reads the fields of a request one after the other.
class KeySearch {
 public:
  void read(std::string_view name, std::string_view value) {
    if (same_word(name, "X-API-Key")) {
      consider(value);
    } else if (same_word(name, "Authorization")) {
      consider(bearer_token(value));
    }
  }

  Result<std::string, Problem> found() const {
    if (several_) {
      return fail_with(Problem{.status = 400,
                               .title = {},
                               .detail = "the request carries two different API keys; send one"});
    }
    if (key_.empty()) {
      return fail_with(unauthorized("send your API key in the header X-API-Key"));
    }
    return std::string(key_);
  }

 private:
  void consider(std::string_view candidate) {
    if (key_.empty()) {
      key_ = candidate;
    } else if (!candidate.empty() && candidate != key_) {
      several_ = true;
    }
  }

  std::string_view key_;
  bool several_ = false;
};

}  // namespace

std::string bearer_token_of(const httplib::Request& request) {
  const auto [first, last] = request.headers.equal_range("Authorization");
  const bool one = first != last && std::next(first) == last;
  return one ? std::string(bearer_token(first->second)) : std::string{};
}

Result<std::string, Problem> api_key_of(std::span<const Field> fields) {
  KeySearch search;
  for (const Field& field : fields) {
    search.read(field.name, field.value);
  }
  return search.found();
}

Result<std::string, Problem> api_key_of(const httplib::Request& request) {
  KeySearch search;
  for (const auto& [name, value] : request.headers) {
    search.read(name, value);
  }
  return search.found();
}

Problem unauthorized(std::string detail) {
  return {.status = 401, .title = {}, .detail = std::move(detail)};
}

}  // namespace rl::http
