#pragma once

#include <httplib.h>

#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "rl/base/address.h"
#include "rl/base/clock.h"
#include "rl/base/log.h"
#include "rl/base/result.h"
#include "rl/http/connection.h"
#include "rl/metrics/http_metrics.h"

namespace rl::http {

/// One listener on cpp-httplib, with what its defaults get wrong for us put right: no delayed small
/// packets, a real backlog, no silent sharing of a port, long-lived connections, bounds on the
/// bytes and the time of a request, no decoding or cutting that was not asked for, and a problem
/// document for every error. Routes are added before start(); start and stop from one thread.
class Server {
 public:
  struct Options {
    std::string name;                       ///< for the log: "data", "admin"
    std::size_t threads = 64;               ///< each connection occupies one while it is open
    std::size_t max_body = 65536;           ///< bytes
    std::function<void()> on_failure = {};  ///< when it stops serving without having been told to
    HttpMetrics* metrics = nullptr;         ///< where its requests are counted; outlives the server
  };

  /// The log outlives the server.
  Server(const Options& options, const Log& log);
  ~Server();

  /// Adds a handler for a literal path. HEAD follows GET.
  void get(const std::string& path, httplib::Server::Handler handler);
  void post(const std::string& path, httplib::Server::Handler handler);
  void put(const std::string& path, httplib::Server::Handler handler);

  /// Takes the address, port 0 for a free port, and returns the one it got. Connections queue from
  /// then on. Fails when the port is taken or the host is not ours.
  Result<Address> bind(const Address& wanted);

  /// Serves, on threads of its own, until stop(). Precondition: bound.
  void start();

  /// Stops accepting and reading, answers what has come in whole, and returns when all threads have
  /// ended: as soon as the handlers that run have returned.
  void stop();

 private:
  /// The part of httplib that has to be overridden: how a connection is worked.
  class Listener : public httplib::Server {
   public:
    explicit Listener(std::size_t max_body) : max_body_(max_body) {}

    void raise_backlog(int connections);
    void stop_reading() { open_.stop_reading(); }
    void close_bound();  ///< the listening socket, when listening never began

   private:
    bool process_and_close_socket(socket_t socket) override;

    const std::size_t max_body_;
    const SystemClock clock_;  // a socket lives in real time, whatever clock the limits run on
    OpenSockets open_;
  };

  void answer_error(const httplib::Request& request, httplib::Response& response) const;
  httplib::Server::Handler counted(const std::string& path, httplib::Server::Handler handler) const;
  void count_other(const httplib::Request& request, int status) const;

  const Options options_;
  const Log& log_;
  Listener listener_;
  std::map<std::string, std::set<std::string>> methods_;  ///< by path; constant after start()
  std::atomic<bool> ended_{false};     // relaxed: nothing hangs on it but the wait in start()
  std::atomic<bool> stopping_{false};  // relaxed: set before the listener is closed
  std::thread thread_;
};

}  // namespace rl::http
