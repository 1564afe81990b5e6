#include "rl/http/connection.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace rl::http {
namespace {

using NameOf = int (*)(int, sockaddr*, socklen_t*);

void address_of(NameOf name_of, socket_t socket, std::string& ip, int& port) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> service{};
  if (name_of(socket, generic, &length) == 0 &&
      ::getnameinfo(generic, length, host.data(), host.size(), service.data(), service.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
    ip = host.data();
    port = std::stoi(service.data());
  }
}

}  // namespace

bool OpenSockets::add(socket_t socket) {
  const std::lock_guard lock(mutex_);
  if (!stopping_) {
    sockets_.insert(socket);
  }
  return !stopping_;
}

void OpenSockets::remove(socket_t socket) {
  const std::lock_guard lock(mutex_);
  sockets_.erase(socket);
}

void OpenSockets::stop_reading() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  for (const socket_t socket : sockets_) {
    ::shutdown(socket, SHUT_RD);
  }
}

bool OpenSockets::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

bool Connection::await_request() {
  if (begin_ == end_ && !fill(bounds_.idle)) {
    return false;
  }
  bytes_left_ = bounds_.bytes;
  deadline_ = clock_.now() + bounds_.request;
  return true;
}

bool Connection::is_readable() const {
  return begin_ < end_ || wait_for(POLLIN, time_left());
}

bool Connection::is_writable() const {
  return wait_for(POLLOUT, bounds_.write);
}

ssize_t Connection::read(char* bytes, size_t size) {
  if (bytes_left_ == 0 ||  // more than one request may have: not worth waiting for
      (begin_ == end_ && !fill(time_left()))) {
    return -1;
  }
  const std::size_t taken = std::min({size, end_ - begin_, bytes_left_});
  std::copy_n(buffer_.data() + begin_, taken, bytes);
  begin_ += taken;
  bytes_left_ -= taken;
  return static_cast<ssize_t>(taken);
}

ssize_t Connection::write(const char* bytes, size_t size) {
  if (!is_writable()) {
    return -1;
  }
  ssize_t sent = 0;
  do {
    sent = ::send(socket_, bytes, size, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

void Connection::get_remote_ip_and_port(std::string& ip, int& port) const {
  address_of(::getpeername, socket_, ip, port);
}

void Connection::get_local_ip_and_port(std::string& ip, int& port) const {
  address_of(::getsockname, socket_, ip, port);
}

bool Connection::wait_for(short events, std::chrono::milliseconds patience) const {
  pollfd waiting{socket_, events, 0};
  int ready = 0;
  do {
    ready = ::poll(&waiting, 1, static_cast<int>(patience.count()));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

/// Reads what has come into the empty buffer. False: nothing came in time, or nothing will.
bool Connection::fill(std::chrono::milliseconds patience) {
  if (!wait_for(POLLIN, patience)) {
    return false;
  }
  ssize_t got = 0;
  do {
    got = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
  } while (got < 0 && errno == EINTR);
  begin_ = 0;
  end_ = got > 0 ? static_cast<std::size_t>(got) : 0;
  return got > 0;
}

std::chrono::milliseconds Connection::time_left() const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - clock_.now());
  return std::max(left, std::chrono::milliseconds{0});
}

}  // namespace rl::http
