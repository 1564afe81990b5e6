#include "rl/redis/link.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace rl::redis {
namespace {

constexpr std::size_t kReadSize = 65536;

Failure<Error> broken(const std::string& peer, int error) {
  return fail(fmt::format("{}: {}", peer, std::system_category().message(error)));
}

Reply reply_of(const redisReply& from);

void add_elements(std::span<redisReply* const> from, Reply& reply) {
  reply.elements.reserve(from.size());
  for (const redisReply* const element : from) {
    reply.elements.push_back(reply_of(*element));
    if (element->type == REDIS_REPLY_INTEGER) {
      reply.integers.push_back(element->integer);
    }
  }
}

Reply reply_of(const redisReply& from) {
  Reply reply;
  switch (from.type) {
    case REDIS_REPLY_INTEGER:
      reply.kind = Reply::Kind::kInteger;
      reply.integer = from.integer;
      break;
    case REDIS_REPLY_ARRAY:
      reply.kind = Reply::Kind::kArray;
      add_elements(std::span(from.element, from.elements), reply);
      break;
    case REDIS_REPLY_NIL:
      break;
    default:
      reply.kind = from.type == REDIS_REPLY_ERROR ? Reply::Kind::kError : Reply::Kind::kText;
      reply.text.assign(from.str, static_cast<std::size_t>(from.len));
  }
  return reply;
}

/// Whether an error of Redis is about who or what asks, and not about its state of the moment.
bool stays_refused(std::string_view why) {
  constexpr std::array<std::string_view, 6> kFinal = {"WRONGPASS", "NOAUTH",      "NOPERM",
                                                      "ERR AUTH",  "ERR invalid", "ERR DB"};
  return std::any_of(kFinal.begin(), kFinal.end(),
                     [&](std::string_view begin) { return why.starts_with(begin); });
}

/// A socket that does not block and is on its way to the address; or -1 with errno set.
int start_connecting(int family, const sockaddr* address, socklen_t size) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return -1;
  }
  if (::connect(fd, address, size) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    ::close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

int start_connecting_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return start_connecting(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

Result<int> start_connecting_tcp(const RedisUrl& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(url.port);
  if (const int error = ::getaddrinfo(url.host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return fail(fmt::format("{}: {}", url.to_string(), ::gai_strerror(error)));
  }
  int fd = -1;
  for (const addrinfo* at = found; at != nullptr && fd < 0; at = at->ai_next) {
    fd = start_connecting(at->ai_family, at->ai_addr, at->ai_addrlen);
  }
  const int error = errno;
  ::freeaddrinfo(found);
  if (fd < 0) {
    return broken(url.to_string(), error);
  }
  const int yes = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return fd;
}

}  // namespace

void Link::FreeReader::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

Link::Link(int socket, const Clock& clock, std::string peer)
    : socket_(socket), clock_(clock), peer_(std::move(peer)), reader_(redisReaderCreate()) {}

Link::~Link() {
  ::close(socket_);
}

Result<std::unique_ptr<Link>, LinkError> Link::open(const RedisUrl& url, const Clock& clock,
                                                    Micros timeout) {
  const Instant deadline = clock.now() + timeout;
  int fd = -1;
  if (url.socket.empty()) {
    const auto started = start_connecting_tcp(url);
    if (!started) {
      return fail_with(started.error());
    }
    fd = *started;
  } else if (fd = start_connecting_unix(url.socket); fd < 0) {
    return broken(url.to_string(), errno);
  }
  std::unique_ptr<Link> link(new Link(fd, clock, url.to_string()));  // NOLINT: private constructor
  if (const auto ready = link->wait_for(POLLOUT, deadline); !ready) {
    return fail_with(ready.error());
  }
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    return broken(link->peer_, error);
  }
  if (url.tls) {
    if (const auto started = link->start_tls(url, deadline); !started) {
      return fail_with(started.error());
    }
  }
  if (const auto done = link->log_in(url, deadline); !done) {
    return fail_with(done.error());
  }
  return link;
}

Result<void, LinkError> Link::start_tls(const RedisUrl& url, Instant deadline) {
  auto tls = Tls::create({.host = url.host, .ca_file = url.ca_file});
  if (!tls) {
    return fail_with(LinkError(tls.error(), true));
  }
  std::string received;
  for (;;) {
    const auto over = (*tls)->shake_hands(received);
    wire_ += (*tls)->take_output();
    const auto sent = write();  // also the alert that tells the peer what is wrong with it
    if (!over) {
      return fail_with(LinkError({fmt::format("{}: {}", peer_, over.error().message)}, true));
    }
    if (!sent) {
      return fail_with(sent.error());
    }
    if (*over) {
      tls_ = std::move(*tls);
      return {};
    }
    if (const auto ready = wait_for(has_output() ? POLLIN | POLLOUT : POLLIN, deadline); !ready) {
      return fail_with(ready.error());
    }
    auto got = receive();
    if (!got) {
      return fail_with(got.error());
    }
    received = std::move(*got);
  }
}

Result<void, LinkError> Link::log_in(const RedisUrl& url, Instant deadline) {
  if (!url.password.empty()) {
    std::vector<std::string_view> words = {"AUTH"};
    if (!url.user.empty()) {
      words.emplace_back(url.user);
    }
    words.emplace_back(url.password);
    if (const auto reply = call(words, deadline); !reply) {
      return fail_with(reply.error());
    }
  }
  const std::string database = std::to_string(url.database);
  const std::array<std::string_view, 2> select = {"SELECT", database};
  const std::array<std::string_view, 1> ping = {"PING"};  // only an answer is a sign of life
  const auto reply = url.database == 0 ? call(ping, deadline) : call(select, deadline);
  return reply ? Result<void, LinkError>() : fail_with(reply.error());
}

void Link::queue(std::span<const std::string_view> words) {
  std::vector<const char*> starts(words.size());
  std::vector<std::size_t> sizes(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    starts[i] = words[i].data();
    sizes[i] = words[i].size();
  }
  char* command = nullptr;
  // An int in hiredis 0.14, a long long since 1.0.
  const auto size =
      redisFormatCommandArgv(&command, static_cast<int>(words.size()), starts.data(), sizes.data());
  assert(size > 0);
  output_.append(command, static_cast<std::size_t>(size));
  redisFreeCommand(command);
}

Result<void> Link::write() {
  if (tls_ && !output_.empty()) {
    tls_->encrypt(std::exchange(output_, {}));
    wire_ += tls_->take_output();
  } else if (wire_.empty()) {
    wire_.swap(output_);
  } else {
    wire_ += std::exchange(output_, {});
  }
  std::size_t sent = 0;
  while (sent < wire_.size()) {
    const ssize_t took = ::send(socket_, wire_.data() + sent, wire_.size() - sent, MSG_NOSIGNAL);
    if (took < 0 && errno != EINTR) {
      const int error = errno;
      wire_.erase(0, sent);
      return error == EAGAIN ? Result<void>() : broken(peer_, error);
    }
    sent += took < 0 ? 0 : static_cast<std::size_t>(took);
  }
  wire_.clear();
  return {};
}

/// The bytes that have come, maybe none.
Result<std::string> Link::receive() {
  std::string bytes;
  std::array<char, kReadSize> buffer;
  for (;;) {
    const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (got == 0) {
      return fail(fmt::format("{}: the connection was closed", peer_));
    }
    if (got < 0 && errno != EINTR) {
      return errno == EAGAIN ? Result<std::string>(bytes) : broken(peer_, errno);
    }
    if (got > 0) {
      bytes.append(buffer.data(), static_cast<std::size_t>(got));
      if (static_cast<std::size_t>(got) < buffer.size()) {
        return bytes;
      }
    }
  }
}

Result<void> Link::read() {
  auto bytes = receive();
  if (bytes && tls_) {
    bytes = tls_->decrypt(*bytes);
    wire_ += tls_->take_output();  // such as the answer to a new key
  }
  if (!bytes) {
    return fail_with(bytes.error());
  }
  redisReaderFeed(reader_.get(), bytes->data(), bytes->size());
  return {};
}

Result<std::optional<Reply>> Link::next() {
  void* raw = nullptr;
  if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK) {
    return fail(fmt::format("{}: {}", peer_, reader_->errstr));
  }
  if (raw == nullptr) {
    return std::optional<Reply>();
  }
  Reply reply = reply_of(*static_cast<redisReply*>(raw));
  freeReplyObject(raw);
  return std::optional(std::move(reply));
}

Result<void> Link::wait_for(short events, Instant deadline) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock_.now());
    pollfd poll{.fd = socket_, .events = events, .revents = 0};
    const int ready = left.count() <= 0 ? 0 : ::poll(&poll, 1, static_cast<int>(left.count()));
    if (ready > 0) {
      return {};
    }
    if (ready == 0) {
      return fail(fmt::format("{}: no answer in time", peer_));
    }
    if (errno != EINTR) {
      return broken(peer_, errno);
    }
  }
}

Result<Reply> Link::ask(std::span<const std::string_view> words, Instant deadline) {
  queue(words);
  for (;;) {
    if (const auto written = write(); !written) {
      return fail_with(written.error());
    }
    auto reply = next();
    if (!reply) {
      return fail_with(reply.error());
    }
    if (*reply) {
      return **std::move(reply);
    }
    if (const auto ready = wait_for(has_output() ? POLLIN | POLLOUT : POLLIN, deadline); !ready) {
      return fail_with(ready.error());
    }
    if (const auto got = read(); !got) {
      return fail_with(got.error());
    }
  }
}

Result<Reply, LinkError> Link::call(std::span<const std::string_view> words, Instant deadline) {
  auto reply = ask(words, deadline);
  if (!reply) {
    return fail_with(reply.error());
  }
  if (reply->kind == Reply::Kind::kError) {
    return fail_with(
        LinkError({fmt::format("{}: {}", peer_, reply->text)}, stays_refused(reply->text)));
  }
  return std::move(*reply);
}

}  // namespace rl::redis
