#pragma once

#include <httplib.h>

#include <functional>
#include <initializer_list>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "rl/base/address.h"
#include "rl/base/clock.h"
#include "rl/base/log.h"
#include "rl/base/result.h"
#include "rl/http/engine.h"
#include "rl/http/httplib_adapter.h"
#include "rl/http/plain_routes.h"
#include "rl/metrics/http_metrics.h"

namespace rl::http {

/// One listener: httplib's handlers on an engine of our own (engine.h), with strict framing before
/// them (framing.h) and a problem document for every error. Routes are added before start(); start
/// and stop from one thread.
class Server {
 public:
  struct Options {
    std::string name;                              ///< for the log: "data", "admin"
    std::size_t threads = 16;                      ///< requests answered at a time
    std::size_t takers = 0;                        ///< as the engine's
    std::size_t max_body = 65536;                  ///< bytes
    std::size_t max_connections = 16384;           ///< beyond it a new one gets 503
    std::size_t max_connections_per_peer = 16384;  ///< the same
    bool plain_bodies = false;  ///< a body with a Content-Encoding gets 415: none is unpacked here
    std::function<void()> on_failure = {};  ///< when it stops serving without having been told to
    HttpMetrics* metrics = nullptr;         ///< where its requests are counted; outlives the server
    const TlsEndpoint* tls = nullptr;       ///< outlives the server; nullptr: plain HTTP
    StreamedHandler* streamed = nullptr;  ///< answers before httplib is asked; outlives the server
  };

  /// The log outlives the server.
  Server(const Options& options, const Log& log);
  ~Server();

  /// Adds a handler for a path, in which a segment in braces ("/users/{id}") stands for any one
  /// segment of 1 to 64 bytes; the handler finds them, decoded, in request.matches[1] and on. Of
  /// several paths that fit the one added first counts. HEAD follows GET.
  void get(const std::string& path, httplib::Server::Handler handler);
  void post(const std::string& path, httplib::Server::Handler handler);
  void put(const std::string& path, httplib::Server::Handler handler);
  void patch(const std::string& path, httplib::Server::Handler handler);
  void del(const std::string& path, httplib::Server::Handler handler);

  /// Adds a handler that is asked before those above, for exactly this path, without braces.
  void plain(const std::string& method, const std::string& path, PlainHandler handler);

  /// Takes the address, port 0 for a free port, and returns the one it got. Connections queue from
  /// then on. Fails when the port is taken or the host is not ours.
  Result<Address> bind(const Address& wanted);

  /// Serves, on threads of its own, until stop(). Precondition: bound.
  void start();

  /// Stops accepting and reading, answers what has come in whole, and returns when all threads have
  /// ended: as soon as the handlers that run have returned.
  void stop();

  /// What it has done with connections so far.
  EngineStats connections() const { return engine_.stats(); }

 private:
  struct Route {
    std::regex path;
    std::set<std::string> methods;
  };

  Served serve(const Exchange& exchange);
  Served refuse_encoded_body(const Exchange& exchange) const;
  Reply failed(std::string_view path) const;
  void add_direct(const char* method, const std::string& path, httplib::Server::Handler handler);
  void answer_error(const httplib::Request& request, httplib::Response& response) const;
  httplib::Server::Handler counted(const std::string& path, httplib::Server::Handler handler) const;
  void count_other(const std::string& method, int status) const;

  /// Notes that the path takes the methods, and returns the regular expression that it is.
  std::string add_route(const std::string& path, std::initializer_list<const char*> methods);

  /// The methods that some handler takes at this path, separated by commas.
  std::string methods_at(const std::string& path) const;

  const Options options_;
  const Log& log_;
  const SystemClock clock_;  // a socket lives in real time, whatever clock the limits run on
  HttplibAdapter listener_;
  PlainRoutes plain_;
  std::map<std::string, Route> routes_;  ///< by pattern; constant after start()
  Engine engine_;
};

}  // namespace rl::http
