#include "tests/support/fault_proxy.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>
#include <vector>

namespace rl::test {
namespace {

constexpr Micros kDelay = std::chrono::milliseconds{50};
constexpr std::size_t kCutAfter = 3;  // bytes

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

/// Nothing when there is nothing to read yet; empty when the peer is gone.
std::optional<std::string> read_from(int socket) {
  std::array<char, 65536> buffer;
  const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0) {
    return std::nullopt;
  }
  return std::string(buffer.data(), static_cast<std::size_t>(got));
}

/// Whole: what tests send fits into the buffer of a socket.
void write_to(int socket, std::string_view bytes) {
  static_cast<void>(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

std::uint64_t count_calls(std::string_view bytes) {
  constexpr std::string_view kCall = "EVALSHA";
  std::uint64_t calls = 0;
  for (std::size_t at = bytes.find(kCall); at != std::string_view::npos;
       at = bytes.find(kCall, at + kCall.size())) {
    ++calls;
  }
  return calls;
}

}  // namespace

FaultProxy::FaultProxy(std::string target_socket) : target_(std::move(target_socket)) {
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_of(socket());
  REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener_, 100) == 0);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

FaultProxy::~FaultProxy() {
  thread_.request_stop();
  thread_.join();
  for (const Pair& pair : pairs_) {
    ::close(pair.client);
    ::close(pair.server);
  }
  ::close(listener_);
}

void FaultProxy::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::vector<pollfd> polls = {{.fd = listener_, .events = POLLIN, .revents = 0}};
    const bool holds_back = fault_.load() == Fault::kBlackHole;
    for (const Pair& pair : pairs_) {
      if (!holds_back) {
        polls.push_back({.fd = pair.client, .events = POLLIN, .revents = 0});
        polls.push_back({.fd = pair.server, .events = POLLIN, .revents = 0});
      }
    }
    ::poll(polls.data(), polls.size(), 1);
    if (polls.front().revents != 0) {
      accept_one();
    }
    for (auto pair = pairs_.begin(); pair != pairs_.end();) {
      if (pass(*pair)) {
        ++pair;
        continue;
      }
      ::close(pair->client);
      ::close(pair->server);
      pair = pairs_.erase(pair);
    }
  }
}

void FaultProxy::accept_one() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_of(target_);
  static_cast<void>(::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  pairs_.push_back({.client = client, .server = server});
}

/// False when the pair is to be closed.
bool FaultProxy::pass(Pair& pair) {
  if (fault_.load() == Fault::kBlackHole) {
    return true;
  }
  return pass_requests(pair) && take_replies(pair) && give_replies(pair);
}

bool FaultProxy::pass_requests(Pair& pair) {
  const auto bytes = read_from(pair.client);
  if (bytes) {
    calls_.fetch_add(count_calls(*bytes));
    write_to(pair.server, *bytes);
  }
  return !bytes || !bytes->empty();
}

bool FaultProxy::take_replies(Pair& pair) {
  auto bytes = read_from(pair.server);
  if (!bytes) {
    return true;
  }
  const bool delays = fault_.load() == Fault::kDelay;
  const bool open = !bytes->empty();
  pair.replies.push_back(
      {.due = clock_.now() + (delays ? kDelay : Micros::zero()), .bytes = std::move(*bytes)});
  return open;
}

bool FaultProxy::give_replies(Pair& pair) {
  while (!pair.replies.empty() && pair.replies.front().due <= clock_.now()) {
    const std::string bytes = std::move(pair.replies.front().bytes);
    pair.replies.pop_front();
    Fault cut = Fault::kCutReply;
    if (!bytes.empty() && fault_.compare_exchange_strong(cut, Fault::kNone)) {
      write_to(pair.client, std::string_view(bytes).substr(0, kCutAfter));
      return false;
    }
    write_to(pair.client, bytes);
  }
  return true;
}

}  // namespace rl::test
