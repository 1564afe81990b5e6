#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "rl/base/address.h"
#include "rl/base/clock.h"
#include "rl/base/log.h"
#include "rl/base/result.h"
#include "rl/base/wakener.h"
#include "rl/http/connection_table.h"
#include "rl/http/seats.h"
#include "rl/http/socket.h"
#include "rl/http/tls/tls_endpoint.h"

namespace rl::http {

/// What a listener has done with connections since its start.
struct EngineStats {
  std::uint64_t open = 0;          ///< now
  std::uint64_t accepted = 0;      ///< and served
  std::uint64_t refused_full = 0;  ///< because there were too many
  std::uint64_t refused_peer = 0;  ///< because that peer had too many
  std::uint64_t accept_errors = 0;
};

/// Owns the connections of one listener: all of them in one epoll set, worked by a bounded number
/// of threads. A connection costs a thread only while one of its requests is answered; one that is
/// idle, or whose request comes in slowly, costs none. One more thread accepts, and looks for
/// deadlines that have passed and threads that are held up. bind(), start() and stop() from one
/// thread.
class Engine {
 public:
  struct Options {
    std::string name;  ///< for the log
    std::size_t threads = 16;
    std::size_t takers = 0;  ///< threads that take connections while none is held up; 0: all
    FramingLimits limits;
    Patience patience;
    ConnectionTable::Bounds bounds;
    std::chrono::milliseconds drain{10'000};  ///< what stop() gives to peers that take no response
    std::function<void()> on_failure;         ///< when it stops accepting without being told to
    const TlsEndpoint* tls = nullptr;         ///< outlives the engine; nullptr: plain HTTP
    StreamedHandler* streamed = nullptr;      ///< of this engine alone; outlives it
  };

  /// Clock and log outlive it.
  Engine(const Options& options, Serve serve, const Clock& clock, const Log& log);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() { stop(); }

  /// Takes the address, port 0 for a free port, and returns the one it got. Connections queue from
  /// then on. Fails when the port is taken or the host is not ours.
  Result<Address> bind(const Address& wanted);

  /// Serves until stop(). Precondition: bound.
  void start();

  /// Stops accepting and reading, answers what has come in whole, and returns when all threads have
  /// ended: as soon as the handlers that run have returned and the peers have their responses.
  void stop();

  EngineStats stats() const;

 private:
  enum class Accepting { kGoesOn, kPaused, kOver };

  void accept_until_stopped();
  Accepting accept_all();
  void accept_one(int socket, const sockaddr_storage& peer);
  void take_in(Descriptor socket, const sockaddr_storage& peer, const std::string& key);
  void tell_refused();
  void work_until_stopped(std::size_t worker);
  void settle(Connection& connection, Connection::Wait wait);
  void await_answer(Connection& connection);
  void take_answered(Connection& connection, Connection::Wait wait);
  void arm(Connection& connection, Connection::Wait wait, bool is_new);

  const Options options_;
  const Clock& clock_;
  const Log& log_;
  std::atomic<bool> stopping_{
      false};  // relaxed but for what is lent: who sets it wakes the threads
  const ConnectionRules rules_;
  ConnectionTable table_;
  Seats seats_;
  const Descriptor epoll_;
  const Wakener wake_acceptor_;
  const Wakener wake_workers_;
  const Descriptor tick_;
  Descriptor listening_;
  std::atomic<std::uint64_t> accepted_{0};  // relaxed, as the other counters: read for people
  std::atomic<std::uint64_t> refused_full_{0};
  std::atomic<std::uint64_t> refused_peer_{0};
  std::atomic<std::uint64_t> accept_errors_{0};
  std::mutex awaited_mutex_;
  std::condition_variable none_awaited_;
  std::size_t awaited_ = 0;         ///< answers that come later; guarded by awaited_mutex_
  std::uint64_t told_refused_ = 0;  ///< of the acceptor's thread, as the next
  int ticks_since_told_ = 0;
  std::thread acceptor_;
  std::vector<std::thread> workers_;
};

}  // namespace rl::http
