#include "rl/http/transport.h"

#include <sys/socket.h>

#include <cerrno>

namespace rl::http {
namespace {

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(Descriptor socket) : Transport(std::move(socket)) {}

  Moved read(std::span<char> room) override {
    for (;;) {
      const ssize_t got = ::recv(socket(), room.data(), room.size(), 0);
      if (got > 0) {
        const auto count = static_cast<std::size_t>(got);
        // A read that finds nothing is saved.
        return {.state = Moved::State::kSome, .bytes = count, .more = count == room.size()};
      }
      if (got == 0) {
        return {.state = Moved::State::kEnd};
      }
      if (errno != EINTR) {
        return {.state = would_block() ? Moved::State::kWantsRead : Moved::State::kFailed};
      }
    }
  }

  Moved write(std::string_view bytes) override {
    for (;;) {
      const ssize_t sent =
          ::send(socket(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) {
        return {.state = Moved::State::kSome, .bytes = static_cast<std::size_t>(sent)};
      }
      if (errno != EINTR) {
        return {.state = would_block() ? Moved::State::kWantsWrite : Moved::State::kFailed};
      }
    }
  }

  void end_writing() override { ::shutdown(socket(), SHUT_WR); }

  bool is_open() const override { return true; }
};

}  // namespace

std::unique_ptr<Transport> plain_transport(Descriptor socket) {
  return std::make_unique<PlainTransport>(std::move(socket));
}

}  // namespace rl::http
