#pragma once

#include <httplib.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <set>

#include "rl/base/clock.h"

namespace rl::http {

/// The open sockets of one listener, so that a stop need not wait for idle or slow peers. Safe from
/// several threads.
class OpenSockets {
 public:
  /// False when the listener is stopping: the socket is not wanted any more.
  bool add(socket_t socket);
  void remove(socket_t socket);

  /// From now on nothing more is read from any of them; what is being answered still goes out.
  void stop_reading();
  bool stopping() const;

 private:
  mutable std::mutex mutex_;
  std::set<socket_t> sockets_;  // guarded by mutex_
  bool stopping_ = false;       // guarded by mutex_
};

/// One accepted connection, as httplib reads requests from it: with a buffer that outlives a
/// request (so that pipelined ones are answered in order), and with a bound on the bytes and on the
/// time that one request may take to come in. Used by one thread; closes nothing.
class Connection final : public httplib::Stream {
 public:
  struct Bounds {
    std::chrono::milliseconds idle{5000};       ///< between two requests
    std::chrono::milliseconds request{10'000};  ///< until a request has come in whole
    std::chrono::milliseconds write{5000};      ///< until the peer takes more of a response
    std::size_t bytes = 0;                      ///< of one request, head and body
  };

  Connection(socket_t socket, const Bounds& bounds, const Clock& clock)
      : socket_(socket), bounds_(bounds), clock_(clock) {}

  /// Waits for the first byte of the next request. False: the peer is gone or was idle too long.
  bool await_request();

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* bytes, size_t size) override;
  ssize_t write(const char* bytes, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  bool wait_for(short events, std::chrono::milliseconds patience) const;
  bool fill(std::chrono::milliseconds patience);
  std::chrono::milliseconds time_left() const;

  const socket_t socket_;
  const Bounds bounds_;
  const Clock& clock_;
  std::array<char, 4096> buffer_;
  std::size_t begin_ = 0;  ///< of what is in the buffer and not yet read
  std::size_t end_ = 0;
  std::size_t bytes_left_ = 0;  ///< that this request may still take
  Instant deadline_{};          ///< of this request
};

}  // namespace rl::http
