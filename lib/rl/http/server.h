#pragma once

#include <httplib.h>

#include <map>
#include <set>
#include <string>
#include <thread>

#include "rl/base/address.h"
#include "rl/base/log.h"
#include "rl/base/result.h"

namespace rl::http {

/// One listener on cpp-httplib, with the settings that its defaults get wrong for us: no delayed
/// small packets, a real backlog, no silent sharing of a port, long-lived connections, a bounded
/// body, and a problem document for every error. Routes are added before start(); start and stop
/// from one thread.
class Server {
 public:
  struct Options {
    std::string name;              ///< for the log: "data", "admin"
    std::size_t threads = 64;      ///< each connection occupies one while it is open
    std::size_t max_body = 65536;  ///< bytes
  };

  /// The log outlives the server.
  Server(const Options& options, const Log& log);
  ~Server();

  /// Adds a handler for a literal path. Only GET and POST are used here; HEAD follows GET.
  void get(const std::string& path, httplib::Server::Handler handler);
  void post(const std::string& path, httplib::Server::Handler handler);

  /// Takes the address, port 0 for a free port, and returns the one it got. Connections queue from
  /// then on. Fails when the port is taken or the host is not ours.
  Result<Address> bind(const Address& wanted);

  /// Serves, on threads of its own, until stop(). Precondition: bound.
  void start();

  /// Stops accepting, lets open requests finish, and returns when all threads have ended: at the
  /// latest after the keep-alive timeout of 5 s, or the time that a handler takes.
  void stop();

 private:
  /// Gives access to the protected socket, to raise the backlog.
  class Listener : public httplib::Server {
   public:
    void raise_backlog(int connections);
  };

  void answer_error(const httplib::Request& request, httplib::Response& response) const;

  const Options options_;
  const Log& log_;
  Listener listener_;
  std::map<std::string, std::set<std::string>> methods_;  ///< by path; constant after start()
  std::thread thread_;
};

}  // namespace rl::http
