#include "rl/redis/redis_url.h"

#include <fmt/core.h>

#include <charconv>
#include <optional>

#include "rl/base/address.h"

namespace rl {
namespace {

constexpr char kForm[] = "redis[s]://[[user]:password@]host[:port][/database] or unix:///path";

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

/// Takes "?ca=file" off the end.
bool take_ca_file(std::string_view& rest, RedisUrl& url) {
  constexpr std::string_view kMark = "?ca=";
  const std::size_t mark = rest.find(kMark);
  if (mark == std::string_view::npos) {
    return true;
  }
  const auto file = percent_decode(rest.substr(mark + kMark.size()));
  rest = rest.substr(0, mark);
  url.ca_file = file.value_or("");
  return !url.ca_file.empty();
}

/// Takes the number of the database behind the mark, if there is one, off the end.
bool take_database(std::string_view& rest, std::string_view mark, RedisUrl& url) {
  constexpr unsigned kMostDatabase = 1'000'000;
  const std::size_t end = rest.find(mark);
  if (end == std::string_view::npos) {
    return true;
  }
  const std::string_view number = rest.substr(end + mark.size());
  rest = rest.substr(0, end);
  if (number.empty()) {
    return true;
  }
  const auto database = parse_number(number, kMostDatabase);
  url.database = database.value_or(0);
  return database.has_value();
}

/// "host", "host:port", "[address]:port".
bool take_place(std::string_view place, RedisUrl& url) {
  if (place.empty()) {
    return false;
  }
  const bool has_port = place.ends_with(']') ? false : place.rfind(':') != std::string_view::npos;
  const auto address =
      parse_address(has_port ? std::string(place) : fmt::format("{}:{}", place, url.port));
  if (!address || address->host.empty() || address->port == 0) {
    return false;
  }
  url.host = address->host;
  url.port = address->port;
  return true;
}

}  // namespace

std::string RedisUrl::to_string() const {
  const std::string where = socket.empty() ? fmt::format("{}://{}", tls ? "rediss" : "redis",
                                                         Address{host, port}.to_string())
                                           : "unix://" + socket;
  return database == 0 ? where : fmt::format("{} database {}", where, database);
}

Result<RedisUrl> parse_redis_url(std::string_view text) {
  constexpr std::string_view kTcp = "redis://";
  constexpr std::string_view kTls = "rediss://";
  constexpr std::string_view kUnix = "unix://";
  RedisUrl url;
  url.tls = text.starts_with(kTls);
  const bool over_socket = text.starts_with(kUnix);
  if (!over_socket && !url.tls && !text.starts_with(kTcp)) {
    return malformed("no scheme that is known");
  }
  std::string_view rest = text.substr(over_socket ? kUnix.size() : (url.tls ? kTls : kTcp).size());
  if (!take_login(rest, url)) {
    return malformed("a user and password that cannot be read");
  }
  if (url.tls && !take_ca_file(rest, url)) {
    return malformed("a file of authorities that cannot be read");
  }
  if (!take_database(rest, over_socket ? "?db=" : "/", url)) {
    return malformed("a database that is no number");
  }
  if (over_socket) {
    if (!rest.starts_with('/')) {
      return malformed("no absolute path of a socket");
    }
    url.socket = rest;
    return url;
  }
  return take_place(rest, url) ? Result<RedisUrl>(url) : malformed("no host and port");
}

}  // namespace rl
