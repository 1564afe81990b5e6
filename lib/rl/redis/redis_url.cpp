#include "rl/redis/redis_url.h"

#include <fmt/core.h>

#include <charconv>
#include <optional>

#include "rl/base/address.h"

namespace rl {
namespace {

constexpr char kForm[] = "redis://[[user]:password@]host[:port][/database] or unix:///path";

/// What is wrong with it, without the text itself: there may be a password in it.
Failure<Error> malformed(std::string_view what) {
  return fail(fmt::format("the Redis URL has {}", what), fmt::format("write it as {}", kForm));
}

std::optional<unsigned> parse_number(std::string_view text, unsigned most) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && number <= most ? std::optional(number) : std::nullopt;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() < 2 || error != std::errc{} || end != digits.data() + 2) {
      return std::nullopt;
    }
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

/// Takes "user:password@" off the front.
bool take_login(std::string_view& rest, RedisUrl& url) {
  const std::size_t at = rest.substr(0, rest.find('/')).rfind('@');
  if (at == std::string_view::npos) {
    return true;
  }
  const std::string_view login = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  const std::size_t colon = login.find(':');
  const auto user = percent_decode(login.substr(0, colon));
  const auto password =
      percent_decode(colon == std::string_view::npos ? "" : login.substr(colon + 1));
  if (!user || !password || password->empty()) {
    return false;
  }
  url.user = *user;
  url.password = *password;
  return true;
}

}  // namespace

std::string RedisUrl::to_string() const {
  const std::string where =
      socket.empty() ? "redis://" + Address{host, port}.to_string() : "unix://" + socket;
  return database == 0 ? where : fmt::format("{} database {}", where, database);
}

Result<RedisUrl> parse_redis_url(std::string_view text) {
  constexpr std::string_view kTcp = "redis://";
  constexpr std::string_view kUnix = "unix://";
  constexpr unsigned kMostDatabase = 1'000'000;
  RedisUrl url;
  if (text.starts_with("rediss://")) {
    return fail("this rlserver has no TLS to Redis", "use redis:// or a TLS tunnel");
  }
  const bool over_socket = text.starts_with(kUnix);
  if (!over_socket && !text.starts_with(kTcp)) {
    return malformed("no scheme that is known");
  }
  std::string_view rest = text.substr(over_socket ? kUnix.size() : kTcp.size());
  if (!take_login(rest, url)) {
    return malformed("a user and password that cannot be read");
  }
  const std::string_view mark = over_socket ? "?db=" : "/";
  const std::size_t end = rest.find(mark);
  if (const std::string_view number =
          end == std::string_view::npos ? "" : rest.substr(end + mark.size());
      !number.empty()) {
    const auto database = parse_number(number, kMostDatabase);
    if (!database) {
      return malformed("a database that is no number");
    }
    url.database = *database;
  }
  const std::string_view place = rest.substr(0, end);
  if (over_socket) {
    if (!place.starts_with('/')) {
      return malformed("no absolute path of a socket");
    }
    url.socket = place;
    return url;
  }
  if (place.empty()) {
    return malformed("no host and port");
  }
  const bool has_port = place.ends_with(']') ? false : place.rfind(':') != std::string_view::npos;
  const auto address =
      parse_address(has_port ? std::string(place) : fmt::format("{}:{}", place, url.port));
  if (!address || address->host.empty() || address->port == 0) {
    return malformed("no host and port");
  }
  url.host = address->host;
  url.port = address->port;
  return url;
}

}  // namespace rl
